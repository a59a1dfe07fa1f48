import { sql, type RawBuilder, type SqlBool } from 'kysely';
import { connectionFailures } from '../../../shared/failures/connection-failures.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { notFound } from '../../../shared/errors.ts';
import { isoTime, isoTimeOrNull } from '../../paging/paging.ts';
import type { DataSource } from './contract.ts';

/** What is read of a data source to answer it. */
export const dataSourceColumns = [
  'id',
  'display_name',
  'description',
  'dialect',
  'connection',
  'is_demo',
  'last_sync_status',
  'last_sync_attempt_at',
  'last_successful_sync_at',
  'sync_failure',
  'last_health_status',
  'last_healthy_at',
  'last_health_check_attempt_at',
  'created_at',
  'updated_at',
] as const;

/** The living data sources of an organization, those that are `usable`, to be narrowed and ordered. */
export function selectDataSources(
  em: EntityManager,
  organizationId: string,
  usable: RawBuilder<SqlBool> = sql<SqlBool>`true`,
) {
  return em
    .getKysely()
    .selectFrom('data_source')
    .select(dataSourceColumns)
    .where('organization_id', '=', organizationId)
    .where('deleted_at', 'is', null)
    .where(usable);
}

export type DataSourceRow = Awaited<
  ReturnType<ReturnType<typeof selectDataSources>['executeTakeFirstOrThrow']>
>;

/** One data source, or NOT_FOUND. Inside a transaction it shows what the transaction wrote. */
export async function readDataSource(
  em: EntityManager,
  { orgId, id }: { orgId: string; id: string },
): Promise<DataSource> {
  const row = await selectDataSources(em, orgId).where('id', '=', id).executeTakeFirst();
  if (!row) throw notFound('Data source');
  return toDataSource(row);
}

export function toDataSource(row: DataSourceRow): DataSource {
  const { connection } = row;
  return {
    id: row.id,
    displayName: row.display_name,
    description: row.description,
    dialect: row.dialect,
    databaseName: connection.databaseName,
    username: connection.username,
    host: connection.host,
    port: connection.port,
    sslEnabled: connection.sslEnabled,
    sslCustomCertificatesEnabled:
      connection.sslCaCertificate !== null || connection.sslClientCertificate !== null,
    sshEnabled: connection.sshEnabled,
    sshHost: connection.sshHost,
    sshPort: connection.sshPort,
    sshUsername: connection.sshUsername,
    bigQueryProjectId: connection.bigQueryProjectId,
    spannerInstanceId: connection.spannerInstanceId,
    athenaWorkgroup: connection.athenaWorkgroup,
    athenaOutputLocation: connection.athenaOutputLocation,
    athenaCatalog: connection.athenaCatalog,
    snowflakeAccountId: connection.snowflakeAccountId,
    snowflakeWarehouse: connection.snowflakeWarehouse,
    snowflakeRole: connection.snowflakeRole,
    lastSuccessfulSyncAt: isoTimeOrNull(row.last_successful_sync_at),
    lastSyncStatus: row.last_sync_status,
    lastSyncAttemptAt: isoTimeOrNull(row.last_sync_attempt_at),
    hasCompletedFirstSync: row.last_successful_sync_at !== null,
    syncErrorMessage: row.sync_failure && connectionFailures[row.sync_failure].message,
    lastHealthyAt: isoTime(row.last_healthy_at),
    lastHealthStatus: row.last_health_status,
    lastHealthCheckAttemptAt: isoTime(row.last_health_check_attempt_at),
    isDemo: row.is_demo,
    isBasedashWarehouse: false,
    mutatingQueriesEnabled: false,
    createdAt: isoTime(row.created_at),
    updatedAt: isoTime(row.updated_at),
  };
}
