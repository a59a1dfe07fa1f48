import { explainFailure } from '../../../shared/failures/connection-failures.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import type { CallerContext } from '../../context.ts';
import { isoTime, isoTimeOrNull, readPage } from '../../paging/paging.ts';
import type { HealthIncident, ListIncidents } from './contract.ts';

export function selectIncidents(em: EntityManager, dataSourceId: string) {
  return em
    .getKysely()
    .selectFrom('health_incident')
    .select(['id', 'data_source_id', 'started_at', 'ended_at', 'failure', 'step'])
    .where('data_source_id', '=', dataSourceId);
}

type Row = Awaited<ReturnType<ReturnType<typeof selectIncidents>['executeTakeFirstOrThrow']>>;

export function toIncident(row: Row): HealthIncident {
  return {
    id: row.id,
    dataSourceId: row.data_source_id,
    startedAt: isoTime(row.started_at),
    endedAt: isoTimeOrNull(row.ended_at),
    cause: explainFailure(row.failure),
    step: row.step,
  };
}

/** The outages of a data source, newest first, as long as they are kept: 400 days. */
export function listIncidents(ctx: Pick<CallerContext, 'em' | 'request'>, input: ListIncidents) {
  return readPage(ctx, selectIncidents(ctx.em, input.id), input, toIncident);
}
