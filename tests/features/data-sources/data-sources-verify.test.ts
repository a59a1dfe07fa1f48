import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  connectionFailures,
  type ConnectionFailureCode,
} from '../../../shared/failures/connection-failures.ts';
import { errorOf, useApi, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { countRows, dataSourcesOf, postgres, secretsOf } from '../fixtures.ts';

const database = useDatabase();
const api = useApi(database);

afterEach(() => {
  vi.restoreAllMocks();
});

const { type: _type, displayName: _displayName, ...connection } = postgres;

const verify = (tenant: TestTenant, body: unknown = connection, signal?: AbortSignal) =>
  api.request('POST', `${dataSourcesOf(tenant)}/verify`, {
    key: tenant.key,
    body,
    ...(signal ? { signal } : {}),
  });

/** The id of the tenant's draft, as soon as there is one. */
async function draftOf({ orgId }: TestTenant): Promise<string> {
  for (;;) {
    const { rows } = await database.pool.query<{ id: string }>(
      'select id from connection_draft where organization_id = $1 and report is null',
      [orgId],
    );
    if (rows[0]) return rows[0].id;
    await sleep(5);
  }
}

/** Plays the worker: writes its report and says so, as one transaction. */
async function report(draftId: string, failure: ConnectionFailureCode | null): Promise<void> {
  const steps = [{ step: 'resolve', durationMs: 1, failure }];
  await database.pool.query(
    `with written as (update connection_draft set report = $2 where id = $1 returning id)
     select pg_notify('basekeep_verified', id) from written`,
    [draftId, JSON.stringify({ steps, failure, durationMs: 1, serverVersion: null })],
  );
}

async function verifyWith(failure: ConnectionFailureCode | null, tenant: TestTenant) {
  const answer = verify(tenant);
  const draftId = await draftOf(tenant);
  await report(draftId, failure);
  return { response: await answer, draftId };
}

describe('a connection that works', () => {
  test('is answered with success and forgotten: no draft, no secret, no data source', async () => {
    const tenant = await api.tenant();
    const { response, draftId } = await verifyWith(null, tenant);
    expect(response.status).toBe(200);
    expect(response.body).toEqual({ data: { success: true } });
    expect(await countRows(database, 'connection_draft', tenant.orgId)).toBe(0);
    expect(await countRows(database, 'data_source', tenant.orgId)).toBe(0);
    expect(await secretsOf(database, draftId)).toEqual([]);
  });

  test('travels sealed, as one job of an id and nothing else', async () => {
    const tenant = await api.tenant();
    const answer = verify(tenant, { ...connection, password: 'canary-password' });
    const draftId = await draftOf(tenant);
    const { rows } = await database.pool.query(
      `select data from pgboss.job where name = 'verify-connection' and data->>'connectionDraftId' = $1`,
      [draftId],
    );
    expect(rows).toEqual([{ data: { connectionDraftId: draftId } }]);
    expect(await secretsOf(database, draftId)).toEqual([{ field: 'password', version: 1 }]);
    const draft = await database.pool.query<{ row: string }>(
      'select connection_draft::text as row from connection_draft where id = $1',
      [draftId],
    );
    expect(draft.rows[0]?.row).toContain(connection.host);
    expect(draft.rows[0]?.row).not.toContain('canary');
    await report(draftId, null);
    expect((await answer).status).toBe(200);
  });

  test('is answered as soon as the worker notifies, long before the next look', async () => {
    const tenant = await api.tenant();
    const answer = verify(tenant);
    const draftId = await draftOf(tenant);
    const startedAt = performance.now();
    await report(draftId, null);
    await answer;
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  test('is answered also when the notification is lost', async () => {
    const tenant = await api.tenant();
    const answer = verify(tenant);
    const value = JSON.stringify({ steps: [], failure: null, durationMs: 1, serverVersion: null });
    await database.pool.query('update connection_draft set report = $2 where id = $1', [
      await draftOf(tenant),
      value,
    ]);
    expect((await answer).status).toBe(200);
  });

  test('does not hear the answers of others', async () => {
    const [one, two] = [await api.tenant(), await api.tenant()];
    const [first, second] = [verify(one), verify(two)];
    await report(await draftOf(two), 'CONNECTION_REFUSED');
    await report(await draftOf(one), null);
    expect([(await first).status, (await second).status]).toEqual([200, 400]);
  });
});

describe('a connection that fails', () => {
  const wrong = 'Incorrect username or password';

  test.each<[ConnectionFailureCode, Record<string, string>]>([
    ['HOST_NOT_FOUND', { host: 'Host not found' }],
    ['CONNECTION_REFUSED', { port: 'Incorrect port' }],
    ['AUTHENTICATION_FAILED', { username: wrong, password: wrong }],
    ['DATABASE_NOT_FOUND', { databaseName: 'Database does not exist' }],
  ])('with %s names the fields in the words of the contract', async (code, fieldErrors) => {
    const { response } = await verifyWith(code, await api.tenant());
    expect(errorOf(response)).toEqual({
      status: 400,
      title: 'ConnectionFailed',
      detail: connectionFailures[code].message,
      fieldErrors,
    });
  });

  test('by a timeout is explained as a firewall or an allow-list', async () => {
    const { response } = await verifyWith('TIMEOUT', await api.tenant());
    expect(errorOf(response)).toMatchObject({
      status: 400,
      title: 'ConnectionFailed',
      detail: expect.stringMatching(/firewall.*allow-list/),
      fieldErrors: {},
    });
  });

  const ours: readonly ConnectionFailureCode[] = ['CREDENTIALS_LOCKED', 'INTERNAL_ERROR'];
  const theirs = Object.keys(connectionFailures)
    .map((code) => code as ConnectionFailureCode)
    .filter((code) => !ours.includes(code));

  test.each(theirs)('with %s says so, and leaves nothing', async (code) => {
    const tenant = await api.tenant();
    const { response, draftId } = await verifyWith(code, tenant);
    expect(errorOf(response)).toMatchObject({ status: 400, title: 'ConnectionFailed' });
    expect(errorOf(response).detail).toBe(connectionFailures[code].message);
    expect(await countRows(database, 'connection_draft', tenant.orgId)).toBe(0);
    expect(await secretsOf(database, draftId)).toEqual([]);
  });

  test.each(ours)('with %s is our fault: 503, to be tried again', async (code) => {
    const { response } = await verifyWith(code, await api.tenant());
    expect(errorOf(response)).toMatchObject({ status: 503, title: 'ServiceUnavailable' });
    expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
  });
});

describe('without an answer of a worker', () => {
  test('the caller is told after 30 seconds, and the draft is gone', async () => {
    const tenant = await api.tenant();
    const answer = verify(tenant);
    const draftId = await draftOf(tenant);
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() + 30_000);
    expect(errorOf(await answer)).toEqual({
      status: 503,
      title: 'ServiceUnavailable',
      detail: expect.stringContaining('30 seconds'),
    });
    expect(await countRows(database, 'connection_draft', tenant.orgId)).toBe(0);
    expect(await secretsOf(database, draftId)).toEqual([]);
  });

  test('a caller who hangs up leaves no draft and no secret', async () => {
    const tenant = await api.tenant();
    const caller = new AbortController();
    const answer = verify(tenant, connection, caller.signal).catch((error: unknown) => error);
    const draftId = await draftOf(tenant);
    caller.abort();
    expect(await answer).toMatchObject({ name: 'AbortError' });
    const left = () => countRows(database, 'connection_draft', tenant.orgId);
    await expect.poll(left, { timeout: 1_500, interval: 20 }).toBe(0);
    expect(await secretsOf(database, draftId)).toEqual([]);
  });
});

describe('a verification that is refused', () => {
  test.each([
    ['type', 'direct'],
    ['displayName', 'Shop'],
    ['description', 'x'],
    ['unsetPassword', true],
  ])('for %s, which it does not take, names it and asks no worker', async (field, value) => {
    const tenant = await api.tenant();
    expect(errorOf(await verify(tenant, { ...connection, [field]: value }))).toMatchObject({
      status: 400,
      title: 'ValidationError',
      fieldErrors: { [field]: 'Unknown field' },
    });
    expect(await countRows(database, 'connection_draft', tenant.orgId)).toBe(0);
  });

  test('without a dialect or a host names them', async () => {
    const tenant = await api.tenant();
    expect(errorOf(await verify(tenant, {})).fieldErrors).toEqual({ dialect: 'Required' });
    const { host: _, ...hostless } = connection;
    expect(errorOf(await verify(tenant, hostless)).fieldErrors).toEqual({
      host: 'Required for POSTGRES',
    });
  });
});
