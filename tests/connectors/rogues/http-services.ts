import type { Connection, ConnectionSecrets } from '../../../shared/connection.ts';
import type { Dialect } from '../../../shared/dialects.ts';
import { athenaHandler } from '../../stand-ins/athena.ts';
import { bigQueryHandler } from '../../stand-ins/bigquery.ts';
import { databricksHandler } from '../../stand-ins/databricks.ts';
import type { StandInHandler } from '../../stand-ins/http-stand-in.ts';
import { posthogHandler } from '../../stand-ins/posthog.ts';
import { snowflakeHandler } from '../../stand-ins/snowflake.ts';
import { spannerHandler } from '../../stand-ins/spanner.ts';
import { host as athenaHost, makeAthena } from '../services/athena-server.ts';
import { makeBigQuery } from '../services/bigquery-server.ts';
import { makeSpanner } from '../services/spanner-server.ts';
import type { Ending } from './hostile-case.ts';
import type { moreAnswers, usualAnswers } from './http-answers.ts';

/** A service that speaks HTTP, to be tried with servers that mean ill. */
export interface HttpService {
  readonly dialect: Dialect;
  readonly connection: Partial<Connection>;
  readonly secrets: ConnectionSecrets;
  readonly forms: readonly string[];
  /** A stand-in that signs in whoever has the secret; null where the tests have a real server. */
  readonly handler: StandInHandler | null;
  /** What only requests for a catalog contain. */
  readonly catalog: string;
  /** The test with the conformance suite, whose awkward tables have hostile identifiers. */
  readonly provenIn: string;
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

const clickhousePassword = 'canary-hostile-clickhouse-password';
const posthogKey = 'phx_canary-hostile-posthog-key';
const databricksToken = 'dapi-canary-hostile-databricks-token';
const snowflakePassword = 'canary-hostile-snowflake-password';

const athena = makeAthena();
athena.state.databases.add('sales');
const bigQuery = makeBigQuery();
bigQuery.state.datasets.add('sales');
const spanner = makeSpanner();

export const httpServices: readonly HttpService[] = [
  {
    dialect: 'CLICKHOUSE',
    connection: { host: 'clickhouse.example', username: 'somebody' },
    secrets: { password: clickhousePassword },
    forms: [clickhousePassword, ...basicForms(clickhousePassword)],
    handler: null,
    catalog: 'system.tables',
    provenIn: 'tests/connectors/clickhouse.test.ts',
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
    expected: { 'answers with a hundred thousand brackets': 'LIMIT_EXCEEDED' },
  },
];
