import { createAthenaConnector } from '../../../workers/connectors/athena/connector.ts';
import { defaultDeadlines as athenaDeadlines } from '../../../workers/connectors/athena/limits.ts';
import { createBigQueryConnector } from '../../../workers/connectors/bigquery/connector.ts';
import { defaultDeadlines as bigQueryDeadlines } from '../../../workers/connectors/bigquery/limits.ts';
import { createClickhouseConnector } from '../../../workers/connectors/clickhouse/connector.ts';
import { defaultDeadlines as clickhouseDeadlines } from '../../../workers/connectors/clickhouse/limits.ts';
import { createDatabricksConnector } from '../../../workers/connectors/databricks/connector.ts';
import { defaultDeadlines as databricksDeadlines } from '../../../workers/connectors/databricks/limits.ts';
import { createPosthogConnector } from '../../../workers/connectors/posthog/connector.ts';
import { createSnowflakeConnector } from '../../../workers/connectors/snowflake/connector.ts';
import { defaultDeadlines as snowflakeDeadlines } from '../../../workers/connectors/snowflake/limits.ts';
import { createSpannerConnector } from '../../../workers/connectors/spanner/connector.ts';
import { defaultDeadlines as spannerDeadlines } from '../../../workers/connectors/spanner/limits.ts';
import { defaultHttpDeadlines } from '../../../workers/egress/http/http.ts';
import { makeServiceAccountKey } from '../../support/sources/service-account.ts';
import { refusesRogues } from './rogue-http.ts';

/** Every wait of these deadlines as short. */
function every<T extends object>(deadlines: T, timeoutMs: number): T {
  return {
    ...deadlines,
    ...Object.fromEntries(Object.keys(deadlines).map((name) => [name, timeoutMs])),
  };
}

refusesRogues({
  dialect: 'CLICKHOUSE',
  connector: (route, timeoutMs) =>
    createClickhouseConnector({ route, deadlines: every(clickhouseDeadlines, timeoutMs) }),
  connection: { host: 'clickhouse.example', username: 'somebody' },
  password: 'canary-rogue-clickhouse-password',
  expected: { 'writes an error of 1 MB': 'PROTOCOL_ERROR' },
});

refusesRogues({
  dialect: 'POSTHOG',
  connector: (route, timeoutMs) =>
    // Small, so that a body can reach it within the deadline.
    createPosthogConnector({
      route,
      deadlines: every(defaultHttpDeadlines, timeoutMs),
      maxSchemaBytes: 1024 * 1024,
    }),
  connection: { host: 'eu.posthog.com', databaseName: '1' },
  password: 'phx_canary-rogue-posthog-key',
});

refusesRogues({
  dialect: 'DATABRICKS',
  connector: (route, timeoutMs) =>
    createDatabricksConnector({ route, deadlines: every(databricksDeadlines, timeoutMs) }),
  connection: { host: 'adb-4711.11.azuredatabricks.net', databaseName: 'main' },
  password: 'dapi-canary-rogue-databricks-token',
  // A workspace without warehouses answers with an empty object.
  expected: { 'answers with JSON of another shape': 'WAREHOUSE_UNAVAILABLE' },
});

refusesRogues({
  dialect: 'BIGQUERY',
  connector: (route, timeoutMs) =>
    createBigQueryConnector({ route, deadlines: every(bigQueryDeadlines, timeoutMs) }),
  connection: { host: 'bigquery.googleapis.com', bigQueryProjectId: 'basekeep-test' },
  moreHosts: ['oauth2.googleapis.com'],
  password: makeServiceAccountKey().json(),
  secretField: 'bigQueryJsonKey',
  proof: 'assertion=',
  // An answer with a token is small.
  expected: { 'answers with a hundred thousand brackets': 'LIMIT_EXCEEDED' },
});

refusesRogues({
  dialect: 'SNOWFLAKE',
  connector: (route, timeoutMs) =>
    createSnowflakeConnector({ route, deadlines: every(snowflakeDeadlines, timeoutMs) }),
  connection: {
    ...{ host: 'acme.eu-central-1.snowflakecomputing.com', username: 'somebody' },
    snowflakeAccountId: 'acme.eu-central-1',
  },
  password: 'canary-rogue-snowflake-password',
});

refusesRogues({
  dialect: 'ATHENA',
  connector: (route, timeoutMs) =>
    createAthenaConnector({ route, deadlines: every(athenaDeadlines, timeoutMs) }),
  connection: { host: 'athena.eu-central-1.amazonaws.com', username: 'AKIAIOSFODNN7EXAMPLE' },
  password: 'canary/rogue+athena/secret0123456789abcd',
  proof: 'Signature=',
});

refusesRogues({
  dialect: 'SPANNER',
  connector: (route, timeoutMs) =>
    createSpannerConnector({ route, deadlines: every(spannerDeadlines, timeoutMs) }),
  connection: {
    ...{ host: 'spanner.googleapis.com', bigQueryProjectId: 'basekeep-test' },
    ...{ spannerInstanceId: 'main', databaseName: 'shop' },
  },
  moreHosts: ['oauth2.googleapis.com'],
  password: makeServiceAccountKey().json(),
  secretField: 'bigQueryJsonKey',
  proof: 'assertion=',
  // An answer with a token is small.
  expected: { 'answers with a hundred thousand brackets': 'LIMIT_EXCEEDED' },
});
