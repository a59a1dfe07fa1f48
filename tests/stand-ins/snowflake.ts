import { createHash, createPublicKey, randomUUID } from 'node:crypto';
import { jwtVerify } from 'jose';
import { z } from 'zod';
import type { StandInAnswer, StandInHandler, StandInRequest } from './http-stand-in.ts';
import { evaluate, type Result, type SnowflakeTable } from './snowflake-statements.ts';

export interface SnowflakeState {
  /** As sign-ins name it. */
  readonly account: string;
  readonly user: string;
  readonly password: string;
  readonly accessToken: string;
  /** PEM. */
  readonly publicKey: string;
  readonly roles: readonly string[];
  readonly database: string;
  /** By name; states as SHOW WAREHOUSES has them. */
  readonly warehouses: Map<string, string>;
  readonly tables: SnowflakeTable[];
  /** Where SHOW stops without a word. */
  showRows: number;
  /** How often a statement is still running when asked. */
  runningAnswers: number;
  readonly statements: string[];
  readonly cancelled: string[];
  /** Tokens of sessions that are open. */
  readonly sessions: Set<string>;
}

const Statement = z.object({
  statement: z.string(),
  timeout: z.int().min(1).max(604_800),
  database: z.string().optional(),
  warehouse: z.string().optional(),
  role: z.string().optional(),
  bindings: z
    .record(z.string().regex(/^\d+$/), z.object({ type: z.literal('TEXT'), value: z.string() }))
    .default({}),
  parameters: z.object({
    query_tag: z.string(),
    client_result_chunk_size: z.int().min(48).max(160),
  }),
});
const Login = z.object({
  data: z.object({
    ACCOUNT_NAME: z.string(),
    LOGIN_NAME: z.string(),
    PASSWORD: z.string().optional(),
    AUTHENTICATOR: z.string().optional(),
    TOKEN: z.string().optional(),
    CLIENT_APP_ID: z.string(),
    CLIENT_APP_VERSION: z.string(),
  }),
});
const DriverQuery = z.object({ sqlText: z.string() });

interface Running {
  readonly result: Result;
  answersLeft: number;
  isCancelled: boolean;
}

const rowsPerPartition = 2_000;

/**
 * An account of Snowflake, as far as a catalog needs it: the SQL API with key pairs, access tokens and
 * sessions, and the drivers' sign-in and queries, which the vendor's SDK is held against. Formats:
 * docs.snowflake.com/developer-guide/sql-api (reference, authenticating) and snowflake-sdk 3.3.0.
 */
export function snowflakeHandler(state: SnowflakeState): StandInHandler {
  const running = new Map<string, Running>();
  return async (request) => {
    const { method, path, query } = request;
    if (path === '/session/v1/login-request') return await login(state, request);
    if (path.startsWith('/telemetry/')) return { status: 200, body: { success: true } };
    const refusal = await authorize(state, request);
    if (refusal) return refusal;
    if (path === '/session' && query.get('delete') === 'true') {
      state.sessions.delete(sessionToken(request));
      return { status: 200, body: { success: true, code: null, message: null, data: null } };
    }
    if (path === '/session/heartbeat') return { status: 200, body: { success: true } };
    if (path === '/queries/v1/query-request') return driverQuery(state, request);
    if (method === 'POST' && path === '/api/v2/statements') {
      return execute(state, running, request);
    }
    return follow(state, running, request);
  };
}

async function login(state: SnowflakeState, { body, query }: StandInRequest) {
  const { data } = Login.parse(JSON.parse(body));
  const known =
    data.AUTHENTICATOR === 'SNOWFLAKE_JWT'
      ? await isSigned(state, data.TOKEN ?? '', 'milliseconds')
      : data.LOGIN_NAME === state.user &&
        (data.PASSWORD === state.password || data.PASSWORD === state.accessToken);
  if (!known) return refuseLogin('390100', 'Incorrect username or password was specified.');
  const role = query.get('roleName');
  if (role && !state.roles.includes(role)) {
    return refuseLogin('390189', `Role '${role}' specified in the connect string is not granted.`);
  }
  const token = `ver:3-hint:${randomUUID()}`;
  state.sessions.add(token);
  const session = {
    ...{ token, masterToken: `ver:3-hint:${randomUUID()}`, validityInSeconds: 3_600 },
    ...{ masterValidityInSeconds: 14_400, serverVersion: '9.30.1', sessionId: 4_711 },
    ...{ parameters: [], sessionInfo: { databaseName: state.database, schemaName: 'PUBLIC' } },
  };
  return { status: 200, body: { data: session, code: null, message: null, success: true } };
}

function refuseLogin(code: string, message: string): StandInAnswer {
  return { status: 200, body: { data: { nextAction: null }, code, message, success: false } };
}

const sessionToken = ({ headers }: StandInRequest): string =>
  /^Snowflake Token="([^"]+)"$/.exec(headers.authorization ?? '')?.[1] ?? '';

async function authorize(
  state: SnowflakeState,
  request: StandInRequest,
): Promise<StandInAnswer | null> {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const type = request.headers['x-snowflake-authorization-token-type'];
  if (type === 'KEYPAIR_JWT') {
    return (await isSigned(state, token, 'seconds'))
      ? null
      : refused('390144', 'JWT token is invalid.');
  }
  if (type === 'PROGRAMMATIC_ACCESS_TOKEN') {
    return token === state.accessToken
      ? null
      : refused('390303', 'Programmatic access token is invalid.');
  }
  return state.sessions.has(sessionToken(request))
    ? null
    : refused('390104', 'Session token is invalid.');
}

const refused = (code: string, message: string): StandInAnswer => ({
  status: 401,
  body: { code, message },
});

/** The driver writes its times in milliseconds, which no other reader of a JWT would take. */
async function isSigned(state: SnowflakeState, token: string, unit: 'seconds' | 'milliseconds') {
  const key = createPublicKey(state.publicKey);
  const der = key.export({ type: 'spki', format: 'der' });
  const subject = `${state.account}.${state.user.toUpperCase()}`;
  const issuer = `${subject}.SHA256:${createHash('sha256').update(der).digest('base64')}`;
  try {
    const { payload } = await jwtVerify(token, key, { algorithms: ['RS256'], subject, issuer });
    const { iat = 0, exp = Infinity } = payload;
    return unit === 'milliseconds' || exp - iat <= 3_600;
  } catch {
    return false;
  }
}

function execute(
  state: SnowflakeState,
  running: Map<string, Running>,
  { body, query }: StandInRequest,
): StandInAnswer {
  const request = Statement.parse(JSON.parse(body));
  const { statement, bindings, role } = request;
  if (role !== undefined && !state.roles.includes(role)) {
    return failed('390189', `Role '${role}' is not granted to this user.`);
  }
  state.statements.push(statement);
  const values = Object.entries(bindings)
    .toSorted(([a], [b]) => Number(a) - Number(b))
    .map(([, { value }]) => value);
  const result = evaluate(state, statement, { ...request, values });
  if ('code' in result) return failed(result.code, result.message);
  const handle = randomUUID();
  running.set(handle, { result, answersLeft: state.runningAnswers, isCancelled: false });
  if (query.get('async') === 'true') return pending(handle);
  return { status: 200, body: resultSet(handle, result) };
}

function follow(
  state: SnowflakeState,
  running: Map<string, Running>,
  { method, path, query }: StandInRequest,
): StandInAnswer {
  const [, handle = '', cancel] =
    /^\/api\/v2\/statements\/([^/]+)(?:\/(cancel))?$/.exec(path) ?? [];
  const statement = running.get(handle);
  if (!statement) return { status: 404, body: { code: '391911', message: 'Not found.' } };
  if (method === 'POST' && cancel) {
    state.cancelled.push(handle);
    statement.isCancelled = true;
    return { status: 200, body: { statementHandle: handle, code: '000604' } };
  }
  if (statement.isCancelled) return failed('000604', 'SQL execution canceled');
  statement.answersLeft -= 1;
  if (statement.answersLeft >= 0) return pending(handle);
  const partition = query.get('partition');
  if (partition === null) return { status: 200, body: resultSet(handle, statement.result) };
  const from = Number(partition) * rowsPerPartition;
  return {
    status: 200,
    // Partitions but the first are always packed.
    headers: { 'content-encoding': 'gzip' },
    body: { data: statement.result.rows.slice(from, from + rowsPerPartition) },
  };
}

function pending(handle: string): StandInAnswer {
  return {
    status: 202,
    body: {
      code: '333334',
      message: 'Asynchronous execution in progress.',
      statementHandle: handle,
      statementStatusUrl: `/api/v2/statements/${handle}`,
    },
  };
}

function resultSet(handle: string, { columns, rows }: Result): unknown {
  const partitions = Math.max(Math.ceil(rows.length / rowsPerPartition), 1);
  return {
    resultSetMetaData: {
      numRows: rows.length,
      format: 'jsonv2',
      rowType: columns.map((name) => ({ name, type: 'text', nullable: true, length: 134_217_728 })),
      partitionInfo: Array.from({ length: partitions }, (_, n) => ({
        rowCount: Math.min(rowsPerPartition, rows.length - n * rowsPerPartition),
        uncompressedSize: 1_000,
      })),
    },
    data: rows.slice(0, rowsPerPartition),
    code: '090001',
    statementStatusUrl: `/api/v2/statements/${handle}`,
    statementHandle: handle,
    sqlState: '00000',
    message: 'Statement executed successfully.',
    createdOn: 1_763_755_200_000,
  };
}

function failed(code: string, message: string): StandInAnswer {
  return {
    status: 422,
    body: { code, message, sqlState: '02000', statementHandle: randomUUID() },
  };
}

/** `POST /queries/v1/query-request`, which the drivers ask; ours does not. */
function driverQuery(state: SnowflakeState, { body }: StandInRequest): StandInAnswer {
  const { sqlText } = DriverQuery.parse(JSON.parse(body));
  const result = evaluate(state, sqlText, { values: ['', '', ''] });
  if ('code' in result) {
    return { status: 200, body: { ...result, data: { sqlState: '02000' }, success: false } };
  }
  const data = {
    ...{ parameters: [], rowset: result.rows, total: result.rows.length, queryId: randomUUID() },
    ...{ returned: result.rows.length, queryResultFormat: 'json', statementTypeId: 4_096 },
    ...{ finalDatabaseName: state.database, finalSchemaName: 'PUBLIC', version: 1 },
    rowtype: result.columns.map((name) => ({
      ...{ name, type: 'text', nullable: true, length: 134_217_728, byteLength: 134_217_728 },
      ...{ scale: null, precision: null, database: '', schema: '', table: '', collation: null },
    })),
  };
  return { status: 200, body: { data, code: null, message: null, success: true } };
}
