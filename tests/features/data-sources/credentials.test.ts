import { describe, expect, test } from 'vitest';
import { credentialIdOf } from '../../../shared/ids.ts';
import { createBasekeepClient } from '../../../server/client.ts';
import { useApi } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { postgres } from '../fixtures.ts';

const database = useDatabase();
const api = useApi(database);

const unset = { isSet: false, version: null, updatedAt: null };

describe('the list of credentials', () => {
  test('shows how each data source is connected to, and no secret', async () => {
    const tenant = await api.tenant();
    const { orgId } = tenant;
    const client = api.client(tenant);
    const source = await client.dataSources.create.mutate({
      orgId,
      ...postgres,
      port: 6000,
      databaseName: 'shop',
    });
    const page = await client.credentials.list.query({ orgId });
    expect(page).toEqual({
      items: [
        {
          id: source.id.replace('ds_', 'crd_'),
          name: 'Shop',
          dataSourceId: source.id,
          dialect: 'POSTGRES',
          username: 'reader',
          host: 'db.example.com',
          port: 6000,
          databaseName: 'shop',
          uri: 'postgres://reader:********@db.example.com:6000/shop?sslmode=verify-full',
          secrets: {
            password: { isSet: true, version: 1, updatedAt: expect.stringMatching(/^20.*Z$/) },
            sslClientKey: unset,
            snowflakePrivateKey: unset,
            snowflakePrivateKeyPassphrase: unset,
            bigQueryJsonKey: unset,
            sshPassword: unset,
            sshPrivateKey: unset,
            sshPrivateKeyPassphrase: unset,
          },
          lastRevealedAt: null,
        },
      ],
      pagination: { nextCursor: null, hasMore: false },
    });
    expect(JSON.stringify(page)).not.toContain(postgres.password);
  });

  test('shows the current version of a secret, and none that was taken away', async () => {
    const tenant = await api.tenant();
    const { orgId } = tenant;
    const client = api.client(tenant);
    const { id } = await client.dataSources.create.mutate({ orgId, ...postgres });
    const shown = async () => {
      const { items } = await client.credentials.list.query({ orgId });
      return { uri: items[0]?.uri, password: items[0]?.secrets.password };
    };
    await client.dataSources.update.mutate({ orgId, id, password: 'second' });
    expect((await shown()).password).toMatchObject({ isSet: true, version: 2 });
    await client.dataSources.update.mutate({ orgId, id, unsetPassword: true });
    expect(await shown()).toEqual({
      uri: 'postgres://reader@db.example.com:5432?sslmode=verify-full',
      password: unset,
    });
    await client.dataSources.update.mutate({ orgId, id, password: 'third' });
    expect((await shown()).password).toMatchObject({ isSet: true, version: 3 });
  });

  test('comes in pages, newest first, without what is deleted', async () => {
    const tenant = await api.tenant();
    const { orgId } = tenant;
    const client = api.client(tenant);
    const ids: string[] = [];
    for (let n = 0; n < 4; n += 1)
      ids.unshift((await client.dataSources.create.mutate({ orgId, ...postgres })).id);
    await client.dataSources.delete.mutate({ orgId, id: ids[1] ?? '' });
    const wanted = [ids[0], ids[2], ids[3]].map((id) => credentialIdOf(id ?? ''));
    const first = await client.credentials.list.query({ orgId, limit: 2 });
    expect(first.items.map(({ id }) => id)).toEqual(wanted.slice(0, 2));
    expect(first.pagination).toEqual({ nextCursor: wanted[1], hasMore: true });
    const cursor = first.pagination.nextCursor ?? '';
    const second = await client.credentials.list.query({ orgId, limit: 2, cursor });
    expect(second.items.map(({ id }) => id)).toEqual(wanted.slice(2));
    // Of nothing: no page, and no error that tells what is there.
    const odd = await client.credentials.list.query({ orgId, cursor: ids[0] ?? '' });
    expect(odd.items).toEqual([]);
  });

  test('holds what the caller may use: a test key sees test data sources', async () => {
    const tenant = await api.tenant();
    const { orgId } = tenant;
    const client = api.client(tenant);
    await client.dataSources.create.mutate({ orgId, ...postgres });
    const trial = await client.dataSources.create.mutate({
      orgId,
      ...postgres,
      environment: 'test',
    });
    const pair = await client.apiKeys.create.mutate({
      orgId,
      name: 'pair',
      kind: 'pair',
      environment: 'test',
      scopes: ['credentials:read'],
    });
    const response = await fetch(
      `${api.url}/trpc/credentials.list?input=${encodeURIComponent(JSON.stringify({ orgId }))}`,
      { headers: { 'x-api-key': pair.key, 'x-api-secret': pair.secret ?? '' } },
    );
    const body = (await response.json()) as { result: { data: { items: { id: string }[] } } };
    expect(body.result.data.items.map(({ id }) => id)).toEqual([credentialIdOf(trial.id)]);
  });

  test('is refused without the scope, and to a member', async () => {
    const tenant = await api.tenant();
    const { orgId } = tenant;
    const narrow = await api
      .client(tenant)
      .apiKeys.create.mutate({ orgId, name: 'narrow', scopes: ['data-sources:read'] });
    const member = await api.member(tenant, 'MEMBER');
    for (const { key } of [narrow, member]) {
      const client = createBasekeepClient({ url: api.url, apiKey: key });
      await expect(client.credentials.list.query({ orgId })).rejects.toMatchObject({
        data: { httpStatus: 403, details: { permission: 'credentials:read' } },
      });
    }
  });
});
