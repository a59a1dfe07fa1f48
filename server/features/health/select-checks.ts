import { explainFailure } from '../../../shared/failures/connection-failures.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { explainSteps } from '../../../shared/probe.ts';
import { isoTime } from '../../paging/paging.ts';
import type { HealthCheck } from './contract.ts';

export function selectChecks(em: EntityManager, dataSourceId: string) {
  return em
    .getKysely()
    .selectFrom('health_check')
    .select([
      'id',
      'status',
      'created_at',
      'duration_ms',
      'server_version',
      'failure',
      'steps',
      'ssh_host_key',
      'certificate_expires_in_days',
    ])
    .where('data_source_id', '=', dataSourceId);
}

type Row = Awaited<ReturnType<ReturnType<typeof selectChecks>['executeTakeFirstOrThrow']>>;

export function toCheck(row: Row): HealthCheck {
  return {
    id: row.id,
    status: row.status,
    checkedAt: isoTime(row.created_at),
    durationMs: row.duration_ms,
    serverVersion: row.server_version,
    failure: row.failure && explainFailure(row.failure),
    steps: explainSteps(row.steps),
    certificateExpiresInDays: row.certificate_expires_in_days,
  };
}
