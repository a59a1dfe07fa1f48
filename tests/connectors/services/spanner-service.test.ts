import { beforeEach, describe, expect, test } from 'vitest';
import type { ConnectionFailureCode } from '../../../shared/failures/connection-failures.ts';
import { defaultCatalogLimits } from '../../../workers/connectors/limits.ts';
import { createSpannerConnector } from '../../../workers/connectors/spanner/connector.ts';
import { apiError } from '../../stand-ins/spanner.ts';
import { inParts } from '../../stand-ins/spanner-results.ts';
import type { StandInAnswer } from '../../stand-ins/http-stand-in.ts';
import { makeSpanner } from './spanner-server.ts';
import { vendorMissing } from './vendor-server.ts';

const { state, standIn, settings, connector, target } = makeSpanner();
const never = new AbortController().signal;
const probe = (more: object = {}) => connector.probe(target(more), never);
const read = () => Array.fromAsync(connector.readCatalog(target(), never));
const mute = () => new Promise<StandInAnswer>(() => undefined);

const add = (name: string): void => {
  const columns = [['Id', 'INT64', 'NO', null, 'NEVER', null, null, 'NO', null]];
  const parts = { columns, keys: [], checks: [], indexes: [] };
  state.tables.push({ schema: '', name, type: 'BASE TABLE', ...parts });
};

beforeEach(() => {
  state.tables.length = 0;
  state.statements.length = 0;
  state.sessions.clear();
  state.made = 0;
  state.dialect = 'GOOGLE_STANDARD_SQL';
  state.refuse = () => null;
  add('Orders');
});

/** A statement that reads this relation of the information schema. */
const reads = (call: string, body: string, relation: string): boolean =>
  call.endsWith('executeStreamingSql') && body.includes(`from information_schema.${relation} `);

describe.skipIf(vendorMissing !== null)(`Spanner's service ${vendorMissing ?? ''}`, () => {
  standIn.useServer();

  test('is asked to select only, in statements without a name of the customer', async () => {
    expect(await read()).toHaveLength(1);
    expect((await probe()).failure).toBeNull();
    expect(state.statements).toHaveLength(5 + 6);
    expect(state.statements.every((sql) => /^select [^;]+$/.test(sql))).toBe(true);
    expect(state.statements.join()).not.toMatch(/Orders|shop/);
  });

  test('says which dialect a database has', async () => {
    state.dialect = 'POSTGRESQL';
    expect((await probe()).serverVersion).toBe('Cloud Spanner, PostgreSQL dialect');
  });

  test.each<[string, () => Promise<unknown>]>([
    ['a probe', () => probe()],
    ['a read', () => read()],
    [
      'a read that is stopped early',
      async () => {
        for await (const _table of connector.readCatalog(target(), never)) break;
      },
    ],
  ])('%s leaves no session behind', async (_what, run) => {
    for (let n = 0; n < 3_000; n += 1) add(`t${n}`);
    await run();
    expect(state.made).toBe(1);
    expect(state.sessions).toEqual(new Set());
  });

  test.each<[string, string]>([
    ['beginTransaction', ''],
    ['executeStreamingSql', 'information_schema.indexes'],
  ])('one that refuses %s is left without a session', async (verb, part) => {
    state.refuse = (call, body) =>
      call.endsWith(verb) && body.includes(part) ? apiError(400, 'INVALID_ARGUMENT') : null;
    expect((await probe()).failure).toBe('SERVER_ERROR');
    await expect(read()).rejects.toThrow('SERVER_ERROR');
    expect([state.made, state.sessions.size]).toEqual([2, 0]);
  });

  test('a statement that runs is cut within two seconds of an abort, and its session ended', async () => {
    let asked = 0;
    state.refuse = (call) => {
      if (!call.endsWith('executeStreamingSql')) return null;
      asked += 1;
      return mute();
    };
    const controller = new AbortController();
    const reading = Array.fromAsync(connector.readCatalog(target(), controller.signal));
    const failed = expect(reading).rejects.toThrow('CONNECTION_LOST');
    await expect.poll(() => asked).toBe(5);
    const abortedAt = performance.now();
    controller.abort();
    await failed;
    expect(performance.now() - abortedAt).toBeLessThan(2_000);
    expect([state.made, state.sessions.size]).toEqual([1, 0]);
  });

  test.each<[string, number, string, string | undefined, ConnectionFailureCode]>([
    ['PERMISSION_DENIED', 403, 'Caller is missing IAM permission', undefined, 'PERMISSION_DENIED'],
    ['PERMISSION_DENIED', 403, 'has not been used', 'SERVICE_DISABLED', 'ACCOUNT_NOT_FOUND'],
    ['PERMISSION_DENIED', 403, 'Project not found', 'CONSUMER_INVALID', 'ACCOUNT_NOT_FOUND'],
    ['UNAUTHENTICATED', 401, '', 'ACCESS_TOKEN_EXPIRED', 'AUTHENTICATION_FAILED'],
    ['NOT_FOUND', 404, 'Database not found: x', undefined, 'DATABASE_NOT_FOUND'],
    ['NOT_FOUND', 404, 'Instance not found: x', undefined, 'ACCOUNT_NOT_FOUND'],
    ['NOT_FOUND', 404, 'Session not found: x', undefined, 'CONNECTION_LOST'],
    ['RESOURCE_EXHAUSTED', 429, '', undefined, 'RATE_LIMITED'],
    ['UNAVAILABLE', 503, '', undefined, 'SERVER_UNAVAILABLE'],
    ['ABORTED', 409, '', undefined, 'SERVER_UNAVAILABLE'],
    ['DEADLINE_EXCEEDED', 504, '', undefined, 'TIMEOUT'],
    ['INTERNAL', 500, '', undefined, 'SERVER_ERROR'],
    ['INVALID_ARGUMENT', 400, '"reason":"SERVICE_DISABLED"', undefined, 'SERVER_ERROR'],
  ])('%s with %i, %j and %j is understood', async (status, code, message, reason, failure) => {
    const error = apiError(code, status, message, reason);
    state.refuse = (call) => (call === 'POST sessions' ? error : null);
    expect((await probe()).steps.at(-1)).toMatchObject({ step: 'query', failure });
    // Amid a result, after a part of it.
    const broken = { status: 200, body: [...inParts([['', 'a', 'VIEW']]), error.body] };
    state.refuse = (call, body) => (reads(call, body, 'tables') ? broken : null);
    await expect(read()).rejects.toThrow(failure);
  });

  test('another instance is not found', async () => {
    const report = await probe({ spannerInstanceId: 'another' });
    expect(report.steps.at(-1)).toMatchObject({ step: 'query', failure: 'ACCOUNT_NOT_FOUND' });
  });

  test.each(['tables', 'columns', 'key_column_usage', 'check_constraints', 'indexes'])(
    'the catalog step is what a sync does: %s',
    async (relation) => {
      state.refuse = (call, body) =>
        reads(call, body, relation) ? apiError(403, 'PERMISSION_DENIED') : null;
      const report = await probe();
      expect(report.steps.at(-1)).toMatchObject({ step: 'catalog', failure: 'PERMISSION_DENIED' });
      await expect(read()).rejects.toThrow('PERMISSION_DENIED');
    },
  );

  test('what it puts off is asked for again, but not for ever', async () => {
    let times = 3;
    state.refuse = (call, body) =>
      reads(call, body, 'columns') && (times -= 1) >= 0 ? apiError(503, 'UNAVAILABLE') : null;
    expect(await read()).toHaveLength(1);
    let asked = 0;
    state.refuse = (call) => {
      if (call !== 'POST sessions') return null;
      asked += 1;
      return apiError(429, 'RESOURCE_EXHAUSTED');
    };
    await expect(read()).rejects.toThrow('RATE_LIMITED');
    expect(asked).toBe(4);
  });
});

describe.skipIf(vendorMissing !== null)('a Spanner that means ill', () => {
  standIn.useServer();
  const answers = (relation: string, body: unknown): void => {
    state.refuse = (call, text) => (reads(call, text, relation) ? { status: 200, body } : null);
  };
  const wide = Array.from({ length: 101 }, () => ['', 'Orders', ...Array(9).fill('c')]);

  test.each<[string, string, unknown, ConnectionFailureCode]>([
    ['sends no parts', 'tables', { values: [] }, 'PROTOCOL_ERROR'],
    ['sends numbers', 'tables', [{ values: [1, 2, 3] }], 'PROTOCOL_ERROR'],
    ['sends rows within rows', 'tables', [{ values: [['a'], 'b', 'c'] }], 'PROTOCOL_ERROR'],
    ['ends amid a row', 'tables', [{ values: ['', 'a'] }], 'PROTOCOL_ERROR'],
    [
      'ends amid a value',
      'tables',
      [{ values: ['', 'a', 'V'], chunkedValue: true }],
      'PROTOCOL_ERROR',
    ],
    [
      'has fields that nobody asked for',
      'tables',
      [{ metadata: { rowType: { fields: [{}] } }, values: [] }],
      'PROTOCOL_ERROR',
    ],
    ['has a table without a name', 'tables', [{ values: ['', null, 'VIEW'] }], 'PROTOCOL_ERROR'],
    ['goes back', 'tables', inParts([['b', 'b', 'V'], ['a', 'a', 'V']]), 'PROTOCOL_ERROR'], // oxfmt-ignore
    ['repeats itself', 'tables', inParts([['a', 'a', 'V'], ['a', 'a', 'V']]), 'PROTOCOL_ERROR'], // oxfmt-ignore
    ['has more columns than there can be', 'columns', inParts(wide), 'LIMIT_EXCEEDED'],
    [
      'has a value without an end',
      'tables',
      Array.from({ length: 20 }, () => ({ values: ['x'.repeat(10_000)], chunkedValue: true })),
      'LIMIT_EXCEEDED',
    ],
    [
      'has more tables than there can be',
      'tables',
      inParts(Array.from({ length: 501 }, (_, n) => ['', `t${1_000 + n}`, 'VIEW'])),
      'LIMIT_EXCEEDED',
    ],
  ])('one that %s ends the read', async (_what, relation, body, failure) => {
    answers(relation, body);
    const limits = {
      ...defaultCatalogLimits,
      ...{ maxTables: 500, maxPartsPerTable: 100, maxTableBytes: 100_000 },
    };
    const limited = createSpannerConnector({ ...settings, limits });
    await expect(Array.fromAsync(limited.readCatalog(target(), never))).rejects.toThrow(failure);
    state.refuse = () => null;
    expect(await read()).toHaveLength(1);
    expect(state.sessions.size).toBe(0);
  });

  test('one that names a session of somebody else is not followed there', async () => {
    const name = 'projects/evil-project/instances/i/databases/d/sessions/AJ-1_';
    const called: string[] = [];
    state.refuse = (call) => {
      called.push(call);
      return call === 'POST sessions' ? { status: 200, body: { name } } : null;
    };
    expect((await probe()).failure).toBe('CONNECTION_LOST');
    state.refuse = (call) =>
      call === 'POST sessions' ? { status: 200, body: { name: 'x/../../sessions/a?b' } } : null;
    expect((await probe()).failure).toBe('PROTOCOL_ERROR');
  });

  test.each<[string, string]>([
    ['POST token', 'sign-in'],
    ['POST sessions', 'query'],
    ['POST beginTransaction', 'query'],
    ['POST executeStreamingSql', 'query'],
  ])('one that goes mute over %s ends in its deadline', async (wanted, step) => {
    state.refuse = (call) => (call === wanted ? mute() : null);
    const waits = { signInMs: 200, probeMs: 200, requestMs: 200, readStatementMs: 200 };
    const deadlines = { ...settings.deadlines, ...waits };
    const impatient = createSpannerConnector({ ...settings, deadlines });
    const report = await impatient.probe(target(), never);
    expect(report.steps.at(-1)).toMatchObject({ step, failure: 'TIMEOUT' });
    await expect(Array.fromAsync(impatient.readCatalog(target(), never))).rejects.toThrow(
      'TIMEOUT',
    );
    expect(state.sessions.size).toBe(0);
    state.refuse = () => null;
    expect((await connector.probe(target(), never)).failure).toBeNull();
  });

  test('one that goes mute over the end of a session holds nobody up', async () => {
    state.refuse = (call) => (call.startsWith('DELETE') ? mute() : null);
    const startedAt = performance.now();
    expect(await read()).toHaveLength(1);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
