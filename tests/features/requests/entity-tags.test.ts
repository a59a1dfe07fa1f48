import { beforeAll, describe, expect, test } from 'vitest';
import { assertUnchanged, entityTag } from '../../../server/middleware/entity-tag.ts';
import { appRouter } from '../../../server/router.ts';
import type { Meta } from '../../../server/trpc.ts';
import { errorOf, useApi, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { overTrpc } from '../../support/call.ts';
import { inputOf, procedures, type Belongings } from '../../support/matrix.ts';
import { actionsOf, dataSourcesOf, finishJobs, postgres } from '../fixtures.ts';
import { digestTables } from '../../security/support/digest.ts';
import { belongings } from '../../security/support/tenants.ts';

const database = useDatabase();
const api = useApi(database);

async function newSource() {
  const tenant = await api.tenant();
  const { dataSourceId } = await belongings(api, tenant);
  return { tenant, id: dataSourceId, path: `${dataSourcesOf(tenant)}/${dataSourceId}` };
}

async function tagOf(path: string, { key }: TestTenant): Promise<string> {
  const { headers } = await api.request('GET', path, { key });
  return headers.get('etag') ?? '';
}

const patch = (path: string, { key }: TestTenant, ifMatch: string, body: object) =>
  api.request('PATCH', path, { key, body, headers: { 'if-match': ifMatch } });

describe('a representation', () => {
  test('has a strong tag, the same on RPC, after its creation and after its change', async () => {
    const { tenant, id, path } = await newSource();
    const tag = await tagOf(path, tenant);
    expect(tag).toMatch(/^"[\w-]{16}\.[\w-]{16}"$/);
    const call = overTrpc('dataSources.get', { orgId: tenant.orgId, id });
    expect(await tagOf(call.path, tenant)).toBe(tag);
    const changed = await patch(path, tenant, tag, { displayName: 'Renamed' });
    expect(changed.status).toBe(200);
    expect(changed.headers.get('etag')).not.toBe(tag);
    expect(await tagOf(path, tenant)).toBe(changed.headers.get('etag'));
    const created = await api.request('POST', dataSourcesOf(tenant), {
      key: tenant.key,
      body: postgres,
    });
    const newId = (created.body as { data: { id: string } }).data.id;
    expect(await tagOf(`${dataSourcesOf(tenant)}/${newId}`, tenant)).toBe(
      created.headers.get('etag'),
    );
  });

  test('that is known already is answered 304 without a body', async () => {
    const { tenant, path } = await newSource();
    const get = (ifNoneMatch: string) =>
      fetch(`${api.url}${path}`, {
        headers: { authorization: `Bearer ${tenant.key}`, 'if-none-match': ifNoneMatch },
        cache: 'no-store',
      });
    const tag = await tagOf(path, tenant);
    for (const header of [tag, `"other", ${tag}`, '*', `W/${tag}`]) {
      const response = await get(header);
      expect([header, response.status, await response.text()]).toEqual([header, 304, '']);
      expect(response.headers.get('etag')).toBe(tag);
    }
    expect((await get('"other"')).status).toBe(200);
    await api.request('PATCH', path, { key: tenant.key, body: { description: 'new' } });
    expect((await get(tag)).status).toBe(200);
  });

  test('of a batch has no tag: it could not be told whose', async () => {
    const { tenant, id } = await newSource();
    const input = encodeURIComponent(
      JSON.stringify({ 0: { orgId: tenant.orgId, id }, 1: { id: tenant.orgId } }),
    );
    const response = await api.request(
      'GET',
      `/trpc/dataSources.get,organizations.get?batch=1&input=${input}`,
      tenant,
    );
    expect([response.status, response.headers.get('etag')]).toEqual([200, null]);
  });

  test('with the jwtSecret has the same tag as without', async () => {
    const tenant = await api.tenant();
    const path = `/api/public/organizations/${tenant.orgId}`;
    expect(await tagOf(`${path}?include=jwtSecret`, tenant)).toBe(await tagOf(path, tenant));
  });
});

describe('a change with If-Match', () => {
  test('is refused when somebody changed it since, and nothing happens', async () => {
    const { tenant, path } = await newSource();
    const tag = await tagOf(path, tenant);
    await api.request('PATCH', path, { key: tenant.key, body: { displayName: 'Mine' } });
    const before = await digestTables(database.pool);
    const refused = await patch(path, tenant, tag, { displayName: 'Yours' });
    expect(errorOf(refused)).toEqual({
      status: 412,
      title: 'PreconditionFailed',
      detail: 'Somebody has changed it since: get it again',
    });
    const removed = await api.request('DELETE', path, {
      key: tenant.key,
      headers: { 'if-match': tag },
    });
    expect(removed.status).toBe(412);
    expect(await digestTables(database.pool)).toEqual(before);
  });

  test('is not held up by a sync or a health check in between', async () => {
    const { tenant, id, path } = await newSource();
    const tag = await tagOf(path, tenant);
    await finishJobs(database, id);
    await database.pool.query(
      `update data_source set last_healthy_at = now(), last_health_check_attempt_at = now(),
         last_successful_sync_at = now(), last_sync_attempt_at = now() where id = $1`,
      [id],
    );
    expect(await tagOf(path, tenant)).not.toBe(tag);
    expect((await patch(path, tenant, tag, { displayName: 'Renamed' })).status).toBe(200);
  });

  test('is made by exactly one of ten that know the same state', async () => {
    const { tenant, path } = await newSource();
    const tag = await tagOf(path, tenant);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => patch(path, tenant, tag, { displayName: `By ${n}` })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([
      200,
      ...Array.from({ length: 9 }, () => 412),
    ]);
    const actions = await actionsOf(database, tenant.orgId);
    expect(actions.filter((action) => action === 'data_source.updated')).toHaveLength(1);
  });

  test.each(['nonsense', '"open', 'W/', '"a" "b"', '"\u00e9"'])(
    '%s is a ValidationError that names it',
    async (header) => {
      const { tenant, path } = await newSource();
      const answer = errorOf(await patch(path, tenant, header, { displayName: 'x' }));
      expect(answer).toMatchObject({
        status: 400,
        fieldErrors: { 'If-Match': expect.any(String) },
      });
    },
  );

  test('takes * and lists, and no weak tag', async () => {
    const { tenant, path } = await newSource();
    const tag = await tagOf(path, tenant);
    expect((await patch(path, tenant, `W/${tag}`, { displayName: 'a' })).status).toBe(412);
    expect((await patch(path, tenant, `"other", ${tag}`, { displayName: 'b' })).status).toBe(200);
    expect((await patch(path, tenant, '*', { displayName: 'c' })).status).toBe(200);
  });

  test('tells a stranger no more than without', async () => {
    const { path } = await newSource();
    const stranger = await api.tenant();
    expect((await patch(path, stranger, '"any"', { displayName: 'x' })).status).toBe(404);
  });
});

const metaOf = (procedure: string): Meta | undefined =>
  (appRouter._def.procedures as unknown as Record<string, { _def: { meta?: Meta } }>)[procedure]
    ?._def.meta;

describe('every procedure', () => {
  let tenant: TestTenant;
  let own: Belongings;
  let before: Record<string, string>;
  beforeAll(async () => {
    tenant = await api.tenant();
    own = await belongings(api, tenant);
    before = await digestTables(database.pool);
  });

  test.each(procedures.filter((procedure) => !procedure.startsWith('auth.')))(
    '%s heeds a wrong If-Match or refuses it, and changes nothing',
    async (procedure) => {
      const call = overTrpc(procedure, inputOf(procedure, own));
      const response = await api.request(call.method, call.path, {
        key: tenant.key,
        ...(call.body ? { body: call.body } : {}),
        headers: { 'if-match': '"wrong"' },
      });
      expect(response.status).toBe(metaOf(procedure)?.takesIfMatch ? 412 : 400);
      expect(await digestTables(database.pool)).toEqual(before);
    },
  );
});

test('a tag follows from every field: one that changes changes it', async () => {
  const whole = { id: 'x', displayName: 'a', lastHealthyAt: 't', nested: { a: 1 } };
  const tags = [
    whole,
    { ...whole, displayName: 'b' },
    { ...whole, lastHealthyAt: 'u' },
    { ...whole, nested: { a: 2 } },
    { ...whole, more: null },
  ].map(entityTag);
  expect(new Set(tags).size).toBe(tags.length);
  expect(entityTag(Object.fromEntries(Object.entries(whole).toReversed()))).toBe(tags[0]);
  await assertUnchanged({ request: { ifMatch: tags[2] ?? '' } }, () => whole);
  await expect(
    assertUnchanged({ request: { ifMatch: tags[1] ?? '' } }, () => whole),
  ).rejects.toThrow('Somebody has changed it since');
});
