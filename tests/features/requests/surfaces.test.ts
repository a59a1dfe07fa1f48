import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createBasekeepClient } from '../../../server/client.ts';
import type {
  CreateDataSource,
  UpdateDataSource,
} from '../../../server/features/data-sources/contract.ts';
import {
  DataSource,
  DeletedDataSource,
  SyncRun,
} from '../../../server/features/data-sources/contract.ts';
import { Health } from '../../../server/features/health/contract.ts';
import { Organization } from '../../../server/features/organizations/contract.ts';
import { dataOf, itemsOf, useApi, type TestResponse, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { lacking, postgres } from '../fixtures.ts';

const database = useDatabase();
const api = useApi(database);

type Changes = Omit<UpdateDataSource, 'orgId' | 'id'>;
type NewSource = Omit<z.input<typeof CreateDataSource>, 'orgId'>;

/** The main job as a caller does it, whatever the transport. A refusal is the code of an error. */
interface Caller {
  createOrganization(name: string): Promise<Organization>;
  create(orgId: string, body: NewSource): Promise<DataSource>;
  list(orgId: string, limit: number): Promise<DataSource[]>;
  get(orgId: string, id: string): Promise<DataSource>;
  update(orgId: string, id: string, changes: Changes): Promise<DataSource>;
  sync(orgId: string, id: string): Promise<SyncRun>;
  health(orgId: string, id: string): Promise<Health>;
  tables(orgId: string, id: string): Promise<unknown[]>;
  delete(orgId: string, id: string): Promise<{ id: string; deleted: true }>;
}

class Refusal extends Error {}

function overRpc(tenant: TestTenant): Caller {
  const client = api.client(tenant);
  const refusing = async <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      const Data = z.object({ httpStatus: z.number(), fieldErrors: z.unknown() }).partial();
      const { data, message } = z.object({ data: Data, message: z.string() }).parse(error);
      throw new Refusal(JSON.stringify([data.httpStatus, message, data.fieldErrors]));
    });
  return {
    createOrganization: (name) => refusing(client.organizations.create.mutate({ name })),
    create: (orgId, body) => refusing(client.dataSources.create.mutate({ orgId, ...body })),
    list: async (orgId, limit) =>
      (await refusing(client.dataSources.list.query({ orgId, limit }))).items,
    get: (orgId, id) => refusing(client.dataSources.get.query({ orgId, id })),
    update: (orgId, id, changes) =>
      refusing(client.dataSources.update.mutate({ orgId, id, ...changes })),
    sync: (orgId, id) => refusing(client.dataSources.requestSync.mutate({ orgId, id })),
    health: (orgId, id) => refusing(client.health.get.query({ orgId, id })),
    tables: async (orgId, id) =>
      (await refusing(client.catalog.listTables.query({ orgId, id }))).items,
    delete: (orgId, id) => refusing(client.dataSources.delete.mutate({ orgId, id })),
  };
}

function overRest({ key }: TestTenant): Caller {
  const call = async (method: string, path: string, body?: unknown): Promise<TestResponse> => {
    const sent = body === undefined ? {} : { body };
    const response = await api.request(method, `/api/public${path}`, { key, ...sent });
    if (response.status < 400) return response;
    const Body = z.object({
      error: z.object({ detail: z.string(), fieldErrors: z.unknown().optional() }),
    });
    const { error } = Body.parse(response.body);
    throw new Refusal(JSON.stringify([response.status, error.detail, error.fieldErrors]));
  };
  const all = (orgId: string) => `/organizations/${orgId}/data-sources`;
  return {
    createOrganization: async (name) =>
      dataOf(await call('POST', '/organizations', { name }), Organization),
    create: async (orgId, body) => dataOf(await call('POST', all(orgId), body), DataSource),
    list: async (orgId, limit) =>
      itemsOf(await call('GET', `${all(orgId)}?limit=${limit}`), DataSource).items,
    get: async (orgId, id) => dataOf(await call('GET', `${all(orgId)}/${id}`), DataSource),
    update: async (orgId, id, changes) =>
      dataOf(await call('PATCH', `${all(orgId)}/${id}`, changes), DataSource),
    sync: async (orgId, id) => dataOf(await call('POST', `${all(orgId)}/${id}/sync`), SyncRun),
    health: async (orgId, id) => dataOf(await call('GET', `${all(orgId)}/${id}/health`), Health),
    tables: async (orgId, id) =>
      itemsOf(await call('GET', `${all(orgId)}/${id}/tables`), z.unknown()).items,
    delete: async (orgId, id) =>
      dataOf(await call('DELETE', `${all(orgId)}/${id}`), DeletedDataSource),
  };
}

const surfaces = { 'public REST': overRest, RPC: overRpc };

/** The main job from beginning to end; what it gives back has no ids and no times in it. */
async function mainJob(caller: Caller): Promise<unknown[]> {
  const { id: orgId, ...organization } = await caller.createOrganization('Surface');
  const created = await caller.create(orgId, { ...postgres, maxPoolSize: 4 });
  const { id } = created;
  const refusals = await Promise.all(
    [
      caller.create(orgId, { ...lacking, port: 70_000 }),
      caller.create(orgId, lacking),
      caller.update(orgId, id, { host: 'evil.example.com' }),
      caller.update(orgId, id, { password: 'x', unsetPassword: true }),
      caller.get(orgId, 'ds_nobody'),
      caller.list('org_nobody', 1),
      caller.list(orgId, 101),
    ].map((refused) => refused.then(String, (error: unknown) => String(error))),
  );
  const steps = [
    organization,
    created,
    refusals,
    await caller.list(orgId, 10),
    await caller.update(orgId, id, { displayName: 'Renamed', databaseName: 'shop' }),
    await caller.get(orgId, id),
    await caller.sync(orgId, id),
    await caller.health(orgId, id),
    await caller.tables(orgId, id),
    await caller.delete(orgId, id),
    await caller.list(orgId, 10),
  ];
  return steps.map((step) => JSON.parse(withoutChance(JSON.stringify(step))) as unknown);
}

const withoutChance = (text: string): string =>
  text
    .replaceAll(/"(org|ds|run|usr)_[0-9a-z]{26}"/g, '"$1"')
    .replaceAll(/"surface(-[0-9a-f]{10})?"/g, '"surface"')
    .replaceAll(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"time"');

describe('the main job', () => {
  test.each(Object.entries(surfaces))('is done over %s', async (_, callerOf) => {
    const steps = await mainJob(callerOf(await api.tenant()));
    expect(steps[1]).toMatchObject({ displayName: 'Shop', host: 'db.example.com' });
    expect(steps[4]).toMatchObject({ displayName: 'Renamed', databaseName: 'shop' });
    expect(steps.at(-1)).toEqual([]);
  });

  test('comes to the same over every surface: values, refusals, words and fields', async () => {
    const [first, ...others] = await Promise.all(
      Object.values(surfaces).map(async (callerOf) => mainJob(callerOf(await api.tenant()))),
    );
    for (const other of others) expect(other).toEqual(first);
  });
});

describe('the typed client', () => {
  test('sends calls of one moment as one request, and each gets its own answer', async () => {
    const { key, orgId } = await api.tenant();
    const urls: string[] = [];
    const client = createBasekeepClient({
      url: api.url,
      apiKey: key,
      fetch: (url, init) => {
        urls.push(String(url));
        // The link's own types know less of a request's body than fetch does.
        return fetch(String(url), init as RequestInit);
      },
    });
    const answers = await Promise.allSettled([
      client.organizations.get.query({ id: orgId }),
      client.dataSources.list.query({ orgId }),
      client.dataSources.get.query({ orgId, id: 'ds_nobody' }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(urls).toHaveLength(1);
    expect(urls[0]).toContain('organizations.get,dataSources.list,dataSources.get?batch=1');
  });

  test('splits what is more than a batch of ten', async () => {
    const { key, orgId } = await api.tenant();
    let requests = 0;
    const client = createBasekeepClient({
      url: api.url,
      apiKey: () => key,
      fetch: (url, init) => {
        requests += 1;
        return fetch(String(url), init as RequestInit);
      },
    });
    const calls = Array.from({ length: 25 }, () => client.organizations.get.query({ id: orgId }));
    expect(await Promise.all(calls)).toHaveLength(25);
    expect(requests).toBe(3);
  });
});
