import { createHash } from 'node:crypto';
import type pg from 'pg';

interface Caller {
  readonly key_id: string;
  readonly user_id: string;
}

/** The member behind a bearer key, by the hash of the key; null when there is none. */
export async function findCaller(
  pool: pg.Pool,
  authorization: string,
  orgId: string,
): Promise<Caller | null> {
  const hash = createHash('sha256').update(authorization.slice('Bearer '.length)).digest();
  const { rows } = await pool.query<Caller>(
    `select k.id as key_id, k.user_id from api_key k
     join membership m on m.user_id = k.user_id
     where k.hash = $1 and k.deactivated_at is null and (k.expires_at is null or k.expires_at > now())
       and m.organization_id = $2 and m.deactivated_at is null`,
    [hash, orgId],
  );
  return rows[0] ?? null;
}

export interface DataSourceRow {
  readonly id: string;
  readonly display_name: string;
  readonly description: string;
  readonly dialect: string;
  readonly connection: Readonly<Record<string, string | number | boolean | null>>;
  readonly is_demo: boolean;
  readonly last_sync_status: string;
  readonly last_sync_attempt_at: Date | null;
  readonly last_successful_sync_at: Date | null;
  readonly sync_failure: string | null;
  readonly last_health_status: string;
  readonly last_healthy_at: Date;
  readonly last_health_check_attempt_at: Date;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export const dataSourceColumns = `id, display_name, description, dialect, connection, is_demo,
  last_sync_status, last_sync_attempt_at, last_successful_sync_at, sync_failure, last_health_status,
  last_healthy_at, last_health_check_attempt_at, created_at, updated_at`;

/** Hash the key, look it up, list the rows, JSON out: two statements. */
export async function listDataSources(
  pool: pg.Pool,
  authorization: string,
  orgId: string,
  limit: number,
) {
  if (!(await findCaller(pool, authorization, orgId))) return null;
  const { rows } = await pool.query<DataSourceRow>(
    `select ${dataSourceColumns} from data_source
     where organization_id = $1 and deleted_at is null order by id desc limit $2`,
    [orgId, limit + 1],
  );
  const data = rows.slice(0, limit).map(toJson);
  const hasMore = rows.length > limit;
  return { data, pagination: { nextCursor: hasMore ? data.at(-1)?.id : null, hasMore } };
}

/** The same fields that the product answers with. */
export function toJson(row: DataSourceRow) {
  const { connection } = row;
  return {
    id: row.id,
    displayName: row.display_name,
    description: row.description,
    dialect: row.dialect,
    databaseName: connection['databaseName'],
    username: connection['username'],
    host: connection['host'],
    port: connection['port'],
    sslEnabled: connection['sslEnabled'],
    sslCustomCertificatesEnabled: connection['sslCaCertificate'] !== null,
    sshEnabled: connection['sshEnabled'],
    sshHost: connection['sshHost'],
    sshPort: connection['sshPort'],
    sshUsername: connection['sshUsername'],
    bigQueryProjectId: connection['bigQueryProjectId'],
    spannerInstanceId: connection['spannerInstanceId'],
    athenaWorkgroup: connection['athenaWorkgroup'],
    athenaOutputLocation: connection['athenaOutputLocation'],
    athenaCatalog: connection['athenaCatalog'],
    snowflakeAccountId: connection['snowflakeAccountId'],
    snowflakeWarehouse: connection['snowflakeWarehouse'],
    snowflakeRole: connection['snowflakeRole'],
    lastSuccessfulSyncAt: row.last_successful_sync_at,
    lastSyncStatus: row.last_sync_status,
    lastSyncAttemptAt: row.last_sync_attempt_at,
    hasCompletedFirstSync: row.last_successful_sync_at !== null,
    syncErrorMessage: row.sync_failure,
    lastHealthyAt: row.last_healthy_at,
    lastHealthStatus: row.last_health_status,
    lastHealthCheckAttemptAt: row.last_health_check_attempt_at,
    isDemo: row.is_demo,
    isBasedashWarehouse: false,
    mutatingQueriesEnabled: false,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
