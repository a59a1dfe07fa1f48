import { sql } from 'kysely';
import type { Connection } from '../../../shared/connection.ts';
import type { Dialect } from '../../../shared/dialects.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import type { Environment } from '../../../shared/environments.ts';
import { firstDue } from '../../../shared/schedule.ts';
import { insertEnvelopes } from './insert-envelopes.ts';
import { dataSourceColumns, type DataSourceRow } from './read-data-source.ts';
import type { sealSecrets } from './store-secrets.ts';

interface NewDataSource {
  readonly id: string;
  readonly organizationId: string;
  readonly displayName: string;
  readonly description: string;
  readonly dialect: Dialect;
  readonly connection: Connection;
  readonly tablePatterns: readonly string[];
  readonly environment: Environment;
  readonly isDemo: boolean;
  readonly envelopes: ReturnType<typeof sealSecrets>;
  /** The id of its first sync, which is pending. */
  readonly syncRunId: string;
  /** The end of the organization's trial, if this is its first data source. */
  readonly trialEndsAt: Date;
}

type Inserted = DataSourceRow & { readonly starts_trial: boolean };

/**
 * Stores all that a new data source consists of in one statement, which is twice as fast as one for
 * each part: its row, its envelopes, its first run, the start of the organization's trial.
 */
export async function insertDataSource(
  em: EntityManager,
  made: NewDataSource,
  now: Date,
): Promise<Inserted> {
  const { nextSyncAt, nextHealthCheckAt } = firstDue(now);
  const { envelopes, organizationId, id: ownerId } = made;
  const owner = { organizationId, ownerType: 'data_source', ownerId } as const;
  // Until the first check has run, nothing is known against it: it was healthy just now.
  const { rows } = await sql<Inserted>`
    with source as (
      insert into data_source (id, organization_id, display_name, description, dialect, connection,
        table_patterns, environment, is_demo, last_sync_status, last_healthy_at,
        last_health_check_attempt_at, next_sync_at, next_health_check_at, created_at, updated_at)
      values (${made.id}, ${made.organizationId}, ${made.displayName}, ${made.description},
        ${made.dialect}, ${JSON.stringify(made.connection)}, ${JSON.stringify(made.tablePatterns)},
        ${made.environment}, ${made.isDemo}, 'PENDING', ${now}, ${now}, ${nextSyncAt},
        ${nextHealthCheckAt}, ${now}, ${now})
      returning ${sql.join(dataSourceColumns.map((column) => sql.ref(column)))}
    ), envelopes as (
      ${insertEnvelopes(envelopes, owner, now)}
    ), run as (
      insert into sync_run (id, organization_id, data_source_id, trigger, status, created_at, updated_at)
      values (${made.syncRunId}, ${made.organizationId}, ${made.id}, 'created', 'PENDING', ${now}, ${now})
    ), trial as (
      update organization set trial_ends_at = ${made.trialEndsAt}, updated_at = ${now}
      where id = ${made.organizationId} and trial_ends_at is null
      returning id
    )
    select source.*, exists (select from trial) as starts_trial from source`.execute(
    em.getKysely(),
  );
  const [inserted] = rows;
  if (!inserted) throw new Error('no data source was inserted');
  return inserted;
}
