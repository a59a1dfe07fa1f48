import { expect, test } from 'vitest';
import { useApi } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { actionsOf, dataSourcesOf, postgres } from '../fixtures.ts';

const database = useDatabase();
const api = useApi(database);

test('what an AI is told about a data source is kept, changed under its tag, and taken away', async () => {
  const tenant = await api.tenant();
  const { orgId, key } = tenant;
  const { id } = await api.client(tenant).dataSources.create.mutate({ orgId, ...postgres });
  const path = `${dataSourcesOf(tenant)}/${id}/context`;
  const customAiContext = 'Amounts are in cents; "mrr" is defined in finance.metrics.';
  const first = await api.request('GET', path, { key });
  expect(first).toMatchObject({ status: 200, body: { data: { customAiContext: null } } });
  const tag = { 'if-match': first.headers.get('etag') ?? '' };
  const changed = await api.request('PATCH', path, {
    ...{ key, headers: tag, body: { customAiContext } },
  });
  expect(changed).toMatchObject({ status: 200, body: { data: { customAiContext } } });
  const late = await api.request('PATCH', path, { key, headers: tag, body: {} });
  expect(late.status).toBe(412);
  const nothing = await api.request('PATCH', path, { key, body: {} });
  expect(nothing.body).toEqual({ data: { customAiContext } });
  const cleared = { customAiContext: null };
  await api.request('PATCH', path, { key, body: cleared });
  expect((await api.request('GET', path, { key })).body).toEqual({ data: cleared });
  const actions = await actionsOf(database, orgId);
  expect(actions.filter((action) => action === 'data_source.updated')).toHaveLength(2);
});

test('a member reads it and does not change it', async () => {
  const tenant = await api.tenant();
  const { orgId } = tenant;
  const { id } = await api.client(tenant).dataSources.create.mutate({ orgId, ...postgres });
  const { dataSources } = api.client(await api.member(tenant, 'MEMBER'));
  expect(await dataSources.getContext.query({ orgId, id })).toEqual({ customAiContext: null });
  const change = dataSources.updateContext.mutate({ orgId, id, customAiContext: 'x' });
  await expect(change).rejects.toMatchObject({ data: { errorCode: 'FORBIDDEN' } });
});
