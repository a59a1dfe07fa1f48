import type { Dialect } from '../../../shared/dialects.ts';
import { createAthenaConnector } from '../../../workers/connectors/athena/connector.ts';
import { defaultDeadlines as athenaDeadlines } from '../../../workers/connectors/athena/limits.ts';
import { createBigQueryConnector } from '../../../workers/connectors/bigquery/connector.ts';
import { defaultDeadlines as bigQueryDeadlines } from '../../../workers/connectors/bigquery/limits.ts';
import { createClickhouseConnector } from '../../../workers/connectors/clickhouse/connector.ts';
import { defaultDeadlines as clickhouseDeadlines } from '../../../workers/connectors/clickhouse/limits.ts';
import type { Connector, ConnectionTarget } from '../../../workers/connectors/connector.ts';
import { createDatabricksConnector } from '../../../workers/connectors/databricks/connector.ts';
import { defaultDeadlines as databricksDeadlines } from '../../../workers/connectors/databricks/limits.ts';
import { createMysqlConnector } from '../../../workers/connectors/mysql/connector.ts';
import { defaultDeadlines as mysqlDeadlines } from '../../../workers/connectors/mysql/limits.ts';
import { createOracleConnector } from '../../../workers/connectors/oracle/connector.ts';
import { defaultDeadlines as oracleDeadlines } from '../../../workers/connectors/oracle/limits.ts';
import { createPostgresConnector } from '../../../workers/connectors/postgres/connector.ts';
import { defaultDeadlines as postgresDeadlines } from '../../../workers/connectors/postgres/limits.ts';
import { createRedshiftConnector } from '../../../workers/connectors/postgres/redshift/connector.ts';
import { createPosthogConnector } from '../../../workers/connectors/posthog/connector.ts';
import { createSnowflakeConnector } from '../../../workers/connectors/snowflake/connector.ts';
import { defaultDeadlines as snowflakeDeadlines } from '../../../workers/connectors/snowflake/limits.ts';
import { createSpannerConnector } from '../../../workers/connectors/spanner/connector.ts';
import { defaultDeadlines as spannerDeadlines } from '../../../workers/connectors/spanner/limits.ts';
import { createSqlServerConnector } from '../../../workers/connectors/sql-server/connector.ts';
import { defaultDeadlines as sqlServerDeadlines } from '../../../workers/connectors/sql-server/limits.ts';
import { defaultHttpDeadlines, type HttpRoute } from '../../../workers/egress/http/http.ts';

// Long enough for a handshake on a busy machine.
const deadlineMs = 1_500;

/** Every wait of these deadlines as short. */
function every<T extends object>(deadlines: T, ms = deadlineMs): T {
  const short = Object.keys(deadlines).map((name) => [name, ms]);
  return { ...deadlines, ...Object.fromEntries(short) };
}

/** A connector over HTTP whose servers are all at the port of the connection. */
function routed(create: (route: HttpRoute) => Connector): Connector {
  const at = ({ connection: { port } }: ConnectionTarget): Connector =>
    create({ resolver: () => Promise.resolve(['127.0.0.1']), portOf: () => port ?? 0 });
  return {
    probe: (target, signal) => at(target).probe(target, signal),
    readCatalog: (target, signal) => at(target).readCatalog(target, signal),
  };
}

const http = every(defaultHttpDeadlines);
/** Connectors whose waits are short; over HTTP, names lead to the port of the connection. */
export const shortConnectors: { readonly [D in Dialect]?: Connector } = {
  POSTGRES: createPostgresConnector({ deadlines: every(postgresDeadlines) }),
  REDSHIFT: createRedshiftConnector({ deadlines: every(postgresDeadlines) }),
  MYSQL: createMysqlConnector({ deadlines: every(mysqlDeadlines) }),
  SQL_SERVER: createSqlServerConnector({ deadlines: every(sqlServerDeadlines) }),
  // Its driver loads most of itself within the first sign-in.
  ORACLE: createOracleConnector({ deadlines: every(oracleDeadlines, 3 * deadlineMs) }),
  CLICKHOUSE: routed((route) =>
    createClickhouseConnector({ route, deadlines: every(clickhouseDeadlines) }),
  ),
  POSTHOG: routed((route) => createPosthogConnector({ route, deadlines: http })),
  DATABRICKS: routed((route) =>
    createDatabricksConnector({ route, deadlines: every(databricksDeadlines) }),
  ),
  SNOWFLAKE: routed((route) =>
    createSnowflakeConnector({ route, deadlines: every(snowflakeDeadlines) }),
  ),
  ATHENA: routed((route) => createAthenaConnector({ route, deadlines: every(athenaDeadlines) })),
  BIGQUERY: routed((route) =>
    createBigQueryConnector({ route, deadlines: every(bigQueryDeadlines) }),
  ),
  SPANNER: routed((route) => createSpannerConnector({ route, deadlines: every(spannerDeadlines) })),
};
