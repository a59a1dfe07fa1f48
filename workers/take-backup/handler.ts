import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { sql } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';
import { ClaimLost, completed } from '../jobs/claim.ts';
import { failureCode } from '../failure-code.ts';
import type { Handler } from '../jobs/job.ts';
import { BackupTooLarge, copyOrganization } from './copy-organization.ts';

/** Of each organization. Older ones go when a new one is there. */
const keptBackups = 10;

/** Copies what an organization has set up. The copy, its digest and the job's end commit together. */
export const takeBackup: Handler<'take-backup'> = async (worker, job) => {
  const { backupRunId: id } = job.payload;
  const em = worker.orm.em.fork();
  const organizationId = await pendingIn(em, id);
  if (organizationId === null) return;
  try {
    const { text, recordCount } = await copyOrganization(em, organizationId, job.signal);
    const content = await promisify(gzip)(text);
    await job.end(async (tx, now) => {
      await sql`
        update backup_run set status = 'SUCCESS', content = ${content},
          record_count = ${recordCount}, byte_count = ${Buffer.byteLength(text)},
          sha256 = ${createHash('sha256').update(text).digest('hex')},
          finished_at = ${now.toISOString()}, updated_at = ${now.toISOString()}
        where id = ${id} and status = 'PENDING'`.execute(tx.getKysely());
      await deleteOlder(tx, organizationId);
      return completed;
    });
  } catch (error) {
    if (error instanceof ClaimLost) throw error;
    job.assertNotStopping();
    const isTooLarge = error instanceof BackupTooLarge;
    if (!isTooLarge && !job.history.isLastAttempt) throw error;
    const failure = isTooLarge ? 'TOO_LARGE' : 'INTERNAL_ERROR';
    await job.end(async (tx, now) => {
      await sql`
        update backup_run set status = 'FAILED', failure = ${failure},
          finished_at = ${now.toISOString()}, updated_at = ${now.toISOString()}
        where id = ${id} and status = 'PENDING'`.execute(tx.getKysely());
      return isTooLarge ? completed : { as: 'failed', code: failureCode(error) };
    });
  }
};

async function pendingIn(em: EntityManager, id: string): Promise<string | null> {
  const { rows } = await sql<{ organization_id: string }>`
    select organization_id from backup_run where id = ${id} and status = 'PENDING'`.execute(
    em.getKysely(),
  );
  return rows[0]?.organization_id ?? null;
}

async function deleteOlder(em: EntityManager, organizationId: string): Promise<void> {
  await sql`
    delete from backup_run where id = any (array(
      select id from backup_run where organization_id = ${organizationId} and status <> 'PENDING'
      order by id desc offset ${keptBackups}))`.execute(em.getKysely());
}
