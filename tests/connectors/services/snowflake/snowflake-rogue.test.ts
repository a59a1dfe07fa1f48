import { afterEach, describe, expect, test } from 'vitest';
import { createSnowflakeConnector } from '../../../../workers/connectors/snowflake/connector.ts';
import { defaultDeadlines } from '../../../../workers/connectors/snowflake/limits.ts';
import type { StandInAnswer, StandInHandler } from '../../../stand-ins/http-stand-in.ts';
import { snowflakeHandler, type SnowflakeState } from '../../../stand-ins/snowflake.ts';
import { connectionTarget } from '../../../support/connection-target.ts';
import { vendor, vendorMissing } from '../vendor-server.ts';

const host = 'acme.snowflakecomputing.com';
const password = 'canary-rogue-snowflake-password';
const state: SnowflakeState = {
  ...{ account: 'ACME', user: 'somebody', password, accessToken: 'none', publicKey: '' },
  ...{ roles: [], database: 'SALES', warehouses: new Map([['SMALL', 'STARTED']]), tables: [] },
  ...{ showRows: 10_000, runningAnswers: 0, statements: [], cancelled: [], sessions: new Set() },
};
const good = snowflakeHandler(state);
const rogue: { answer: (request: Parameters<StandInHandler>[0]) => ReturnType<StandInHandler> } = {
  answer: good,
};

const standIn = vendor({
  host,
  connection: { snowflakeAccountId: 'acme', username: 'somebody', databaseName: 'SALES' },
  password,
  handler: (request) => rogue.answer(request),
  execute: () => undefined,
  readBack: () => null,
  summarize: () => null,
});
// A hundred times what an answer takes here: a machine that does much else is no rogue.
const deadlineMs = 1_000;
const names = Object.keys(defaultDeadlines);
const connector = createSnowflakeConnector({
  route: standIn.route,
  deadlines: {
    ...defaultDeadlines,
    ...Object.fromEntries(names.map((name) => [name, deadlineMs])),
    tlsMs: 5_000,
  },
});

const login = '/session/v1/login-request';
const statements = '/api/v2/statements';
const only = (path: string, answer: unknown, status = 200): StandInHandler => {
  return (request) =>
    request.path.startsWith(path) && request.method === 'POST'
      ? { status, body: answer }
      : good(request);
};
const refusal = (code: string, message = 'canary text'): unknown => ({
  ...{ success: false, code, message, data: null },
});
const handle = '01234567-89ab-cdef-0123-456789abcdef';
const resultSet = (columns: string[], data: unknown[], partitions = 1): unknown => ({
  statementHandle: handle,
  resultSetMetaData: {
    rowType: columns.map((name) => ({ name })),
    partitionInfo: Array.from({ length: partitions }, () => ({ rowCount: 1 })),
  },
  data,
});

describe.skipIf(vendorMissing !== null)(`a rogue Snowflake ${vendorMissing ?? ''}`, () => {
  const server = standIn.useServer();
  const never = new AbortController().signal;
  const target = () =>
    connectionTarget({ dialect: 'SNOWFLAKE', ...server.connection }, server.password);

  afterEach(async () => {
    rogue.answer = good;
    expect((await connector.probe(target(), never)).failure).toBeNull();
  });

  const signIns: [string, StandInHandler, string][] = [
    ['no account of that name', only(login, 'Forbidden', 403), 'ACCOUNT_NOT_FOUND'],
    ['a second factor', only(login, refusal('390197')), 'AUTHENTICATION_FAILED'],
    ['a network policy', only(login, refusal('390422')), 'PERMISSION_DENIED'],
    ['a role that is not granted', only(login, refusal('390189')), 'PERMISSION_DENIED'],
    ['a refusal that nobody knows', only(login, refusal('399999')), 'AUTHENTICATION_FAILED'],
    [
      'a warehouse that is not there',
      only(login, refusal('390201', 'The requested warehouse does not exist')),
      'WAREHOUSE_UNAVAILABLE',
    ],
    ['no token', only(login, { success: true, data: {} }), 'PROTOCOL_ERROR'],
    [
      'a token that leaves its quotes',
      only(login, { success: true, data: { token: 'a", b="c' } }),
      'PROTOCOL_ERROR',
    ],
    [
      'a session that is not good',
      only(statements, refusal('390104'), 401),
      'AUTHENTICATION_FAILED',
    ],
    ['too many requests', only(statements, {}, 429), 'RATE_LIMITED'],
    ['an error of 100 KB', only(statements, 'canary '.repeat(15_000), 500), 'SERVER_ERROR'],
    ['no warehouse', only(statements, refusal('000606'), 422), 'WAREHOUSE_UNAVAILABLE'],
    ['a statement that never ends', only(statements, { statementHandle: handle }, 202), 'TIMEOUT'],
    [
      'a handle that leads elsewhere',
      only(statements, { statementHandle: '../../../session' }, 202),
      'PROTOCOL_ERROR',
    ],
    ['other columns', only(statements, resultSet(['__proto__'], [['1']])), 'PROTOCOL_ERROR'],
    ['a row without fields', only(statements, resultSet(['ONE'], [[]])), 'PROTOCOL_ERROR'],
    ['a field that is no text', only(statements, resultSet(['ONE'], [[{}]])), 'PROTOCOL_ERROR'],
    ['too many rows', only(statements, resultSet(['ONE'], [['1'], ['1']])), 'PROTOCOL_ERROR'],
    [
      'partitions without end',
      only(statements, resultSet(['ONE'], [['1']], 10_001)),
      'LIMIT_EXCEEDED',
    ],
  ];
  test.each(signIns)('%s', async (_what, answer, failure) => {
    // A statement that never ends is asked after, and is never done.
    rogue.answer = (request) =>
      request.path.endsWith(handle)
        ? { status: 202, body: { statementHandle: handle } }
        : answer(request);
    const report = await connector.probe(target(), never);
    expect(report.failure).toBe(failure);
    expect(report.steps.at(-1)).toMatchObject({ step: 'sign-in', failure });
    expect(JSON.stringify(report)).not.toContain('canary');
    expect(report.durationMs).toBeLessThan(4 * deadlineMs);
  });

  test.each([1, 2, 3, 4, 5, 6])('one that is mute from request %i on', async (silentFrom) => {
    let requests = 0;
    rogue.answer = (request) => {
      requests += 1;
      return requests < silentFrom ? good(request) : new Promise<StandInAnswer>(() => undefined);
    };
    const report = await connector.probe(target(), never);
    expect(report.failure).toBe('TIMEOUT');
    expect(report.durationMs).toBeLessThan(4 * deadlineMs);
  });

  test('one that repeats its tables for ever', async () => {
    const row = ['PUBLIC', 'T', 'BASE TABLE', '1', null];
    const columns = ['TABLE_SCHEMA', 'TABLE_NAME', 'TABLE_TYPE', 'ROW_COUNT', 'COMMENT'];
    rogue.answer = (request) =>
      request.body.includes('information_schema.tables')
        ? { status: 200, body: resultSet(columns, [row]) }
        : good(request);
    const read = Array.fromAsync(connector.readCatalog(target(), never));
    await expect(read).rejects.toThrow('PROTOCOL_ERROR');
  });
});
