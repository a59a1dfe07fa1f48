import type { EntityManager } from '../../../shared/db/orm.ts';
import { notFound } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import { isoTime, isoTimeOrNull, readPage } from '../../paging/paging.ts';
import type { BackupRef, BackupRun, ListBackups } from './contract.ts';

function selectBackups(em: EntityManager, organizationId: string) {
  return em
    .getKysely()
    .selectFrom('backup_run')
    .select([
      'id',
      'organization_id',
      'status',
      'failure',
      'created_at',
      'finished_at',
      'record_count',
      'byte_count',
      'sha256',
    ])
    .where('organization_id', '=', organizationId);
}

type Row = Awaited<ReturnType<ReturnType<typeof selectBackups>['executeTakeFirstOrThrow']>>;

function toBackup(row: Row): BackupRun {
  return {
    id: row.id,
    organizationId: row.organization_id,
    status: row.status,
    failure: row.failure,
    createdAt: isoTime(row.created_at),
    finishedAt: isoTimeOrNull(row.finished_at),
    recordCount: row.record_count,
    byteCount: row.byte_count,
    sha256: row.sha256,
  };
}

/** One run, or NOT_FOUND. Inside a transaction it shows what the transaction wrote. */
export async function readBackup(em: EntityManager, { orgId, id }: BackupRef): Promise<BackupRun> {
  const row = await selectBackups(em, orgId).where('id', '=', id).executeTakeFirst();
  if (!row) throw notFound('Backup');
  return toBackup(row);
}

/** The organization's runs, newest first. */
export function listBackups(ctx: Pick<CallerContext, 'em' | 'request'>, input: ListBackups) {
  return readPage(ctx, selectBackups(ctx.em, input.orgId), input, toBackup);
}
