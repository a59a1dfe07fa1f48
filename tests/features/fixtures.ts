import type { TestTenant } from '../support/api.ts';
import type { TestDatabase } from '../support/database.ts';

/** A body that creates a data source on a server that does not exist. */
export const postgres = {
  type: 'direct',
  dialect: 'POSTGRES',
  displayName: 'Shop',
  host: 'db.example.com',
  username: 'reader',
  password: 'correct horse',
} as const;

/** A body in which every field is right by itself, and refused for what its dialect lacks. */
export const lacking = { ...postgres, dialect: 'SNOWFLAKE' } as const;

export const dataSourcesOf = ({ orgId }: Pick<TestTenant, 'orgId'>): string =>
  `/api/public/organizations/${orgId}/data-sources`;

/** How many rows a table holds for an organization. */
export async function countRows(
  { pool }: TestDatabase,
  table: 'api_key' | 'audit_event' | 'connection_draft' | 'data_source' | 'membership' | 'sync_run',
  orgId: string,
): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    `select count(*)::int as n from ${table} where organization_id = $1`,
    [orgId],
  );
  return rows[0]?.n ?? 0;
}

/** The jobs of a queue about one data source that nobody has worked on yet. */
export async function jobsOf(
  { pool }: TestDatabase,
  queue: 'check-health' | 'delete-data-source' | 'sync-schema',
  dataSourceId: string,
): Promise<unknown[]> {
  const { rows } = await pool.query<{ data: unknown }>(
    `select data from pgboss.job
      where name = $1 and data->>'dataSourceId' = $2 and state = 'created'`,
    [queue, dataSourceId],
  );
  return rows.map(({ data }) => data);
}

/** Plays the worker: what was asked for so far of a data source is done, and well done. */
export async function finishJobs({ pool }: TestDatabase, dataSourceId: string): Promise<void> {
  await pool.query(`delete from pgboss.job where data->>'dataSourceId' = $1`, [dataSourceId]);
  await pool.query(
    `update sync_run set status = 'SUCCESS', finished_at = now() where data_source_id = $1`,
    [dataSourceId],
  );
  await pool.query(`update data_source set last_sync_status = 'SUCCESS' where id = $1`, [
    dataSourceId,
  ]);
}

interface StoredSecret {
  readonly field: string;
  readonly version: number;
}

export async function secretsOf({ pool }: TestDatabase, ownerId: string): Promise<StoredSecret[]> {
  const { rows } = await pool.query<StoredSecret>(
    `select field, version from secret_envelope
      where owner_id = $1 and retired_at is null order by field`,
    [ownerId],
  );
  return rows;
}

/** The actions in an organization's audit trail, in their order. */
export async function actionsOf({ pool }: TestDatabase, orgId: string): Promise<string[]> {
  const { rows } = await pool.query<{ action: string }>(
    'select action from audit_event where organization_id = $1 order by sequence',
    [orgId],
  );
  return rows.map(({ action }) => action);
}
