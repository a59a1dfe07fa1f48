import { beforeEach, describe, expect, test } from 'vitest';
import type { ConnectionFailureCode } from '../../../shared/failures/connection-failures.ts';
import { createBigQueryConnector } from '../../../workers/connectors/bigquery/connector.ts';
import { defaultCatalogLimits } from '../../../workers/connectors/limits.ts';
import { apiError } from '../../stand-ins/bigquery.ts';
import type { StandInAnswer } from '../../stand-ins/http-stand-in.ts';
import { makeAuthority } from '../../support/certificates.ts';
import { apiHost, makeBigQuery, tokenHost } from './bigquery-server.ts';
import { vendorMissing } from './vendor-server.ts';

const { state, standIn, settings, connector, target } = makeBigQuery();
const never = new AbortController().signal;
const probe = (more: object = {}, json?: string) => connector.probe(target(more, json), never);
const read = (more: object = {}) => Array.fromAsync(connector.readCatalog(target(more), never));

const add = (schema: string, name: string, resource: object = {}): void => {
  state.datasets.add(schema);
  state.tables.push({ schema, name, resource: { type: 'TABLE', ...resource } });
};

beforeEach(() => {
  state.datasets.clear();
  state.tables.length = 0;
  state.asked.length = 0;
  state.tokenSeconds = 3_599;
  state.refuse = () => null;
  add('sales', 'orders');
});

describe.skipIf(vendorMissing !== null)(`BigQuery's service ${vendorMissing ?? ''}`, () => {
  const server = standIn.useServer();

  test('is asked for one dataset, or for all but its own hidden ones', async () => {
    add('zoo', 'animals');
    add('_hidden', 'results');
    expect((await read()).map(({ schema }) => schema)).toEqual(['sales', 'zoo']);
    state.asked.length = 0;
    expect(await read({ databaseName: 'zoo' })).toHaveLength(1);
    expect((await probe({ databaseName: 'zoo' })).failure).toBeNull();
    expect(state.asked.join()).not.toContain('sales');
  });

  test('runs nothing: it is only asked to list and describe', async () => {
    await read();
    expect((await probe()).failure).toBeNull();
    const calls = state.asked.filter((call) => call !== '/token');
    expect(calls.length).toBeGreaterThan(0);
    expect(calls.every((call) => /\/datasets(\/|\?|$)/.test(call))).toBe(true);
  });

  test.each<[string, number, string, ConnectionFailureCode]>([
    ['accessDenied', 403, 'Access Denied', 'PERMISSION_DENIED'],
    ['quotaExceeded', 403, 'Quota exceeded', 'RATE_LIMITED'],
    ['rateLimitExceeded', 403, 'Exceeded rate limits', 'RATE_LIMITED'],
    ['rateLimitExceeded', 429, '', 'RATE_LIMITED'],
    ['backendError', 500, '', 'SERVER_UNAVAILABLE'],
    ['internalError', 500, '', 'SERVER_ERROR'],
    ['accessNotConfigured', 403, '', 'ACCOUNT_NOT_FOUND'],
    ['notFound', 404, 'Not found: Project nobody', 'ACCOUNT_NOT_FOUND'],
    ['notFound', 404, 'Not found: Dataset a:b', 'DATABASE_NOT_FOUND'],
    ['authError', 401, 'Invalid Credentials', 'AUTHENTICATION_FAILED'],
    ['invalid', 400, '"reason":"quotaExceeded"', 'SERVER_ERROR'],
  ])('%s with %i and %j is understood', async (reason, status, message, failure) => {
    state.refuse = ({ path: asked }) =>
      asked === '/token' ? null : apiError(status, reason, message);
    const report = await probe({ databaseName: 'sales' });
    expect(report.steps.at(-1)).toMatchObject({ step: 'query', failure });
  });

  test.each<[string, number, ConnectionFailureCode]>([
    ['invalid_grant', 400, 'AUTHENTICATION_FAILED'],
    ['invalid_client', 401, 'AUTHENTICATION_FAILED'],
    ['unauthorized_client', 401, 'AUTHENTICATION_FAILED'],
    ['invalid_scope', 400, 'SERVER_ERROR'],
    ['internal_failure', 500, 'SERVER_ERROR'],
    ['temporarily_unavailable', 503, 'SERVER_UNAVAILABLE'],
  ])('a token refused with %s is understood', async (error, status, failure) => {
    state.refuse = () => ({ status, body: { error, error_description: 'x' } });
    expect((await probe()).steps.at(-1)).toMatchObject({ step: 'sign-in', failure });
  });

  test('another project is not found', async () => {
    const report = await probe({ bigQueryProjectId: 'another-project' });
    expect(report.steps.at(-1)).toMatchObject({ step: 'query', failure: 'ACCOUNT_NOT_FOUND' });
  });

  test('the catalog step is what a sync does', async () => {
    state.refuse = ({ path: asked }) =>
      asked.endsWith('/tables/orders') ? apiError(403, 'accessDenied') : null;
    const report = await probe();
    expect(report.steps.at(-1)).toMatchObject({ step: 'catalog', failure: 'PERMISSION_DENIED' });
    await expect(read()).rejects.toThrow('PERMISSION_DENIED');
  });

  test('what it puts off is asked for again, but not for ever', async () => {
    let times = 3;
    state.refuse = ({ path: asked }) =>
      asked.endsWith('/orders') && (times -= 1) >= 0 ? apiError(403, 'rateLimitExceeded') : null;
    expect(await read()).toHaveLength(1);
    state.refuse = ({ path: asked }) => (asked === '/token' ? null : apiError(503, 'backendError'));
    state.asked.length = 0;
    await expect(read()).rejects.toThrow('SERVER_UNAVAILABLE');
    expect(state.asked).toHaveLength(1 + 4);
  });

  test('tables and datasets that go while it is read are left out', async () => {
    add('zoo', 'animals');
    state.refuse = ({ path: asked }) =>
      asked.endsWith('/orders') || asked.endsWith('/zoo/tables')
        ? apiError(404, 'notFound', 'Not found')
        : null;
    expect(await read()).toEqual([]);
    await expect(read({ databaseName: 'zoo' })).rejects.toThrow('DATABASE_NOT_FOUND');
  });

  test('a token is renewed while a long read lasts', async () => {
    for (let n = 0; n < 80; n += 1) add('sales', `t${n}`);
    // Renewed after a second, and good for one more.
    state.tokenSeconds = 2;
    const pace = { concurrency: 4, callsPerSecond: 60 };
    const slow = createBigQueryConnector({ ...settings, pace });
    const startedAt = performance.now();
    expect(await Array.fromAsync(slow.readCatalog(target(), never))).toHaveLength(81);
    const seconds = Math.floor((performance.now() - startedAt) / 1_000);
    const tokens = state.asked.filter((call) => call === '/token').length;
    expect(tokens).toBeGreaterThanOrEqual(2);
    // Once a second and no more often, however long a busy machine takes.
    expect(tokens).toBeLessThanOrEqual(1 + seconds);
  });

  test('no more than its quota is asked of it in a second', async () => {
    for (let n = 0; n < 20; n += 1) add('sales', `t${n}`);
    const pace = { concurrency: 8, callsPerSecond: 50 };
    const slow = createBigQueryConnector({ ...settings, pace });
    const startedAt = performance.now();
    expect(await Array.fromAsync(slow.readCatalog(target(), never))).toHaveLength(21);
    expect(performance.now() - startedAt).toBeGreaterThan(400);
  });

  test('a token service without its certificate sees no assertion', async () => {
    const authority = makeAuthority();
    const front = await server.startTlsFront(authority.sign({ names: `DNS:${apiHost}` }));
    const report = await probe({ sslCaCertificate: authority.cert });
    await front.close();
    expect(report.steps.at(-1)).toMatchObject({ step: 'sign-in', failure: 'TLS_NAME_MISMATCH' });
    expect(state.asked).toEqual([]);
    // With both names it would have been asked.
    const both = `DNS:${apiHost},DNS:${tokenHost}`;
    const whole = await server.startTlsFront(authority.sign({ names: both }));
    expect((await probe({ sslCaCertificate: authority.cert })).failure).toBeNull();
    await whole.close();
  });
});

describe.skipIf(vendorMissing !== null)('a BigQuery that means ill', () => {
  standIn.useServer();
  const always = (wanted: RegExp, body: unknown): void => {
    state.refuse = ({ path: asked }): StandInAnswer | null =>
      wanted.test(asked) ? { status: 200, body } : null;
  };
  const listOf = (...names: string[]) => ({
    kind: 'bigquery#tableList',
    tables: names.map((tableId) => ({ tableReference: { tableId } })),
  });
  let deep: object = { name: 'leaf', type: 'STRING' };
  for (let n = 0; n < 100; n += 1) deep = { name: 'r', type: 'RECORD', fields: [deep] };
  let abyss = '{"name":"leaf","type":"STRING"}';
  for (let n = 0; n < 20_000; n += 1) abyss = `{"name":"r","type":"RECORD","fields":[${abyss}]}`;
  const table = (more: object) => ({ kind: 'bigquery#table', type: 'TABLE', ...more });

  test.each<[string, RegExp, unknown, ConnectionFailureCode]>([
    ['goes in circles', /tables$/, { ...listOf('a'), nextPageToken: '1' }, 'LIMIT_EXCEEDED'],
    ['gives empty pages', /tables$/, { ...listOf(), nextPageToken: '1' }, 'PROTOCOL_ERROR'],
    ['leads up the path', /tables$/, listOf('..'), 'PROTOCOL_ERROR'],
    ['has a table without a name', /tables$/, listOf(''), 'PROTOCOL_ERROR'],
    ['has half a character for a name', /tables$/, listOf('\ud800'), 'PROTOCOL_ERROR'],
    ['has no list', /datasets$/, {}, 'PROTOCOL_ERROR'],
    ['nests a hundred levels', /orders$/, table({ schema: { fields: [deep] } }), 'PROTOCOL_ERROR'],
    ['counts rows in words', /orders$/, table({ numRows: 'many' }), 'PROTOCOL_ERROR'],
    [
      'has more columns than there can be',
      /orders$/,
      table({ schema: { fields: Array.from({ length: 101 }, () => ({ name: 'c', type: 'S' })) } }),
      'LIMIT_EXCEEDED',
    ],
    [
      'has a huge comment',
      /orders$/,
      table({ description: 'x'.repeat(200_000) }),
      'LIMIT_EXCEEDED',
    ],
  ])('one that %s ends the read', async (_what, wanted, body, failure) => {
    always(wanted, body);
    const limits = {
      ...defaultCatalogLimits,
      ...{ maxTables: 500, maxPartsPerTable: 100, maxTableBytes: 100_000 },
    };
    const limited = createBigQueryConnector({ ...settings, limits });
    await expect(Array.fromAsync(limited.readCatalog(target(), never))).rejects.toThrow(failure);
    state.refuse = () => null;
    expect(await read()).toHaveLength(1);
  });

  test('one that says everything twice is heard once', async () => {
    always(/tables$/, listOf('orders', 'orders'));
    expect(await read()).toHaveLength(1);
  });

  test.each<[string, RegExp, string]>([
    ['token', /token$/, 'sign-in'],
    ['dataset', /datasets$/, 'query'],
    ['list', /tables$/, 'catalog'],
    ['table', /orders$/, 'catalog'],
  ])('one that goes mute over a %s ends in its deadline', async (_what, wanted, step) => {
    state.refuse = ({ path: asked }) => (wanted.test(asked) ? new Promise(() => undefined) : null);
    const short = { ...settings.deadlines, signInMs: 200, probeMs: 200, requestMs: 200 };
    const impatient = createBigQueryConnector({ ...settings, deadlines: short });
    const report = await impatient.probe(target(), never);
    expect(report.steps.at(-1)).toMatchObject({ step, failure: 'TIMEOUT' });
    const reading = Array.fromAsync(impatient.readCatalog(target(), never));
    await expect(reading).rejects.toThrow('TIMEOUT');
    state.refuse = () => null;
    expect((await impatient.probe(target(), never)).failure).toBeNull();
  });

  test('one that nests twenty thousand levels ends the read', async () => {
    always(/orders$/, {
      kind: 'bigquery#table',
      type: 'TABLE',
      schema: { fields: [JSON.parse(abyss)] },
    });
    await expect(read()).rejects.toThrow(/PROTOCOL_ERROR|CONNECTION_LOST/);
  });
});
