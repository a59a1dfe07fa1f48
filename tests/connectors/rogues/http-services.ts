import type { Connection, ConnectionSecrets } from '../../../shared/connection.ts';
import type { Dialect } from '../../../shared/dialects.ts';
import { athenaHandler } from '../../stand-ins/athena.ts';
import { bigQueryHandler } from '../../stand-ins/bigquery.ts';
import { clickhouseHandler, endlessColumns } from '../../stand-ins/clickhouse.ts';
import { databricksHandler } from '../../stand-ins/databricks.ts';
import type { StandInHandler } from '../../stand-ins/http-stand-in.ts';
import { posthogHandler } from '../../stand-ins/posthog.ts';
import { snowflakeHandler } from '../../stand-ins/snowflake.ts';
import { spannerHandler } from '../../stand-ins/spanner.ts';
import { host as athenaHost, makeAthena } from '../services/athena-server.ts';
import { makeBigQuery } from '../services/bigquery-server.ts';
import { makeSpanner } from '../services/spanner-server.ts';
import { type Ending, hostileNames } from './hostile-case.ts';
import type { moreAnswers, usualAnswers } from './http-answers.ts';

/** A service that speaks HTTP, to be tried with servers that mean ill. */
export interface HttpService {
  readonly dialect: Dialect;
  readonly connection: Partial<Connection>;
  readonly secrets: ConnectionSecrets;
  readonly forms: readonly string[];
  /** A stand-in that signs in whoever has the secret. */
  readonly handler: StandInHandler;
  /** What only requests for a catalog contain. */
  readonly catalog: string;
  /** The test with the conformance suite, whose awkward tables have hostile identifiers. */
  readonly provenIn?: string;
  /** The same as a stand-in, and the names that its tables have. */
  readonly named?: { readonly handler: StandInHandler; readonly names: readonly string[] };
  /** Rows without end, for dialects that read them as they come, and what asks for them. */
  readonly endless?: {
    readonly wanted: string;
    readonly pieces: () => Iterable<string>;
    readonly check: Ending;
  };
  /** What a job ends with where this dialect differs. */
  readonly expected?: {
    readonly [what in keyof typeof usualAnswers | keyof typeof moreAnswers]?: Ending;
  };
}

// Basic authentication hides a password from nobody; every offset of base64 ends in another text.
const basicForms = (password: string): string[] =>
  [0, 1, 2].map((pad) =>
    Buffer.from(' '.repeat(pad) + password)
      .toString('base64')
      .slice(pad === 0 ? 0 : 4, -4),
  );

const clickhouseNames = hostileNames.filter((name) => !name.includes('\0'));
const clickhousePassword = 'canary-hostile-clickhouse-password';
const posthogKey = 'phx_canary-hostile-posthog-key';
const databricksToken = 'dapi-canary-hostile-databricks-token';
const snowflakePassword = 'canary-hostile-snowflake-password';

const athena = makeAthena();
athena.state.databases.add('sales');
const bigQuery = makeBigQuery();
bigQuery.state.datasets.add('sales');
const spanner = makeSpanner();

/** Spanner's columns, fifty rows in a part, that come before every table and so are passed over. */
function* endlessParts(): Generator<string> {
  const part = JSON.stringify({ values: Array<string>(11 * 50).fill('') });
  yield `[${part}`;
  const parts = `,${part}`.repeat(20);
  for (;;) yield parts;
}

export const httpServices: readonly HttpService[] = [
  {
    dialect: 'CLICKHOUSE',
    connection: { host: 'clickhouse.example', username: 'somebody' },
    secrets: { password: clickhousePassword },
    forms: [clickhousePassword, ...basicForms(clickhousePassword)],
    handler: clickhouseHandler({ tables: ['t'] }),
    catalog: 'from system.tables',
    named: { handler: clickhouseHandler({ tables: clickhouseNames }), names: clickhouseNames },
    // A probe asks for one row, and takes a mebibyte at most.
    endless: { wanted: 'default_expression', pieces: endlessColumns, check: 'LIMIT_EXCEEDED' },
    expected: { 'writes an error of 100 KB': 'PROTOCOL_ERROR' },
  },
  {
    dialect: 'POSTHOG',
    connection: { host: 'eu.posthog.com', databaseName: '1' },
    secrets: { password: posthogKey },
    forms: [posthogKey],
    handler: posthogHandler({ project: '1', key: posthogKey, tables: [] }),
    catalog: 'DatabaseSchemaQuery',
    provenIn: 'tests/connectors/services/posthog.test.ts',
  },
  {
    dialect: 'DATABRICKS',
    connection: { host: 'adb-4711.11.azuredatabricks.net', databaseName: 'main' },
    secrets: { password: databricksToken },
    forms: [databricksToken],
    handler: databricksHandler({
      ...{ token: databricksToken, clientId: '', clientSecret: '', catalog: 'main', tables: [] },
      warehouses: new Map([['aaaa', 'RUNNING']]),
      ...{ runningAnswers: 0, statements: [], cancelled: [] },
    }),
    catalog: 'information_schema',
    provenIn: 'tests/connectors/services/databricks.test.ts',
    // A workspace without warehouses answers with an empty object.
    expected: { 'answers with JSON of another shape': 'WAREHOUSE_UNAVAILABLE' },
  },
  {
    dialect: 'SNOWFLAKE',
    connection: { snowflakeAccountId: 'acme', username: 'somebody', databaseName: 'SALES' },
    secrets: { password: snowflakePassword },
    forms: [snowflakePassword],
    handler: snowflakeHandler({
      ...{ account: 'ACME', user: 'somebody', password: snowflakePassword, accessToken: 'none' },
      ...{ publicKey: '', roles: [], database: 'SALES', tables: [], showRows: 10_000 },
      warehouses: new Map([['SMALL', 'STARTED']]),
      ...{ runningAnswers: 0, statements: [], cancelled: [], sessions: new Set<string>() },
    }),
    catalog: 'information_schema',
    provenIn: 'tests/connectors/services/snowflake/snowflake.test.ts',
  },
  {
    dialect: 'ATHENA',
    connection: {
      ...{ host: athenaHost, username: athena.state.accessKeyId, athenaWorkgroup: 'analysts' },
    },
    secrets: { password: athena.state.secretAccessKey },
    forms: [athena.state.secretAccessKey, 'Signature='],
    handler: athenaHandler(athena.state),
    catalog: 'ListTableMetadata',
    provenIn: 'tests/connectors/services/athena.test.ts',
  },
  {
    dialect: 'BIGQUERY',
    connection: { bigQueryProjectId: bigQuery.state.project },
    secrets: { bigQueryJsonKey: bigQuery.key.json() },
    forms: ['PRIVATE KEY', 'assertion='],
    handler: bigQueryHandler(bigQuery.state),
    catalog: '/tables',
    provenIn: 'tests/connectors/services/bigquery.test.ts',
    // An answer with a token is small.
    expected: { 'answers with a hundred thousand brackets': 'LIMIT_EXCEEDED' },
  },
  {
    dialect: 'SPANNER',
    connection: {
      ...{ bigQueryProjectId: 'basekeep-test', spannerInstanceId: 'main', databaseName: 'shop' },
    },
    secrets: { bigQueryJsonKey: spanner.key.json() },
    forms: ['PRIVATE KEY', 'assertion='],
    handler: spannerHandler(spanner.state),
    catalog: 'information_schema.tables',
    provenIn: 'tests/connectors/services/spanner.test.ts',
    // A probe asks for one row, and more are no answer.
    endless: {
      wanted: 'information_schema.columns',
      pieces: endlessParts,
      check: 'PROTOCOL_ERROR',
    },
    expected: { 'answers with a hundred thousand brackets': 'LIMIT_EXCEEDED' },
  },
];
