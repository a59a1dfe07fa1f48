import { connectionFailures } from '../../../shared/failures/connection-failures.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import type { CallerContext } from '../../context.ts';
import { isoTime, isoTimeOrNull, readPage } from '../../paging/paging.ts';
import type { SyncRun } from './contract.ts';

export function selectSyncRuns(em: EntityManager, dataSourceId: string) {
  return em
    .getKysely()
    .selectFrom('sync_run')
    .selectAll()
    .where('data_source_id', '=', dataSourceId);
}

type Row = Awaited<ReturnType<ReturnType<typeof selectSyncRuns>['executeTakeFirstOrThrow']>>;

export function toSyncRun(row: Row): SyncRun {
  return {
    id: row.id,
    dataSourceId: row.data_source_id,
    trigger: row.trigger,
    status: row.status,
    errorMessage: row.failure && connectionFailures[row.failure].message,
    startedAt: isoTimeOrNull(row.started_at),
    finishedAt: isoTimeOrNull(row.finished_at),
    tables: row.tables,
    columns: row.columns,
    tablesAdded: row.tables_added,
    tablesChanged: row.tables_changed,
    tablesRemoved: row.tables_removed,
    tablesDeselected: row.tables_deselected,
    tablesRead: row.tables_read,
    columnsRead: row.columns_read,
    createdAt: isoTime(row.created_at),
  };
}

/** The syncs of a data source, newest first. */
export async function listSyncs(
  ctx: Pick<CallerContext, 'em' | 'request'>,
  input: { id: string; limit: number; cursor?: string | undefined },
) {
  return readPage(ctx, selectSyncRuns(ctx.em, input.id), input, toSyncRun);
}
