import { sql } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';
import type { HealthState } from './health-state.ts';

interface Row {
  readonly status: HealthState['status'];
  readonly failures: number;
  readonly failing_since_ms: number | null;
  readonly is_proven: boolean;
  readonly is_paused: boolean;
  readonly interval_seconds: number;
}

/** What a check needs to know of a data source whose row is locked. */
export interface CheckedSource {
  readonly before: HealthState;
  readonly isPaused: boolean;
  readonly intervalSeconds: number;
}

/** Throws when the data source is not there: it was a moment ago, and its row is locked. */
export async function readState(em: EntityManager, id: string): Promise<CheckedSource> {
  const { rows } = await sql<Row>`
    select last_health_status as status, check_failures as failures,
      (extract(epoch from failing_since) * 1000)::float8 as failing_since_ms,
      proven_at is not null as is_proven, paused_at is not null as is_paused,
      health_interval_seconds as interval_seconds
    from data_source where id = ${id}`.execute(em.getKysely());
  const [row] = rows;
  if (!row) throw new Error('a locked data source is gone');
  const { status, failures, failing_since_ms: since, is_proven: isProven } = row;
  return {
    before: { status, failures, failingSince: since === null ? null : new Date(since), isProven },
    isPaused: row.is_paused,
    intervalSeconds: row.interval_seconds,
  };
}
