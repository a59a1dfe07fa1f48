import { recordAudit } from '../../../shared/audit/record.ts';
import { BackupRun as BackupRunEntity } from '../../../shared/db/entities/backup-run.entity.ts';
import { newId } from '../../../shared/ids.ts';
import type { CallerContext } from '../../context.ts';
import { lockOrganization } from '../../membership/lock-organization.ts';
import type { BackupRun } from './contract.ts';
import { readBackup } from './read-backups.ts';

type Needs = Pick<CallerContext, 'em' | 'jobs' | 'clock' | 'origin'>;

/**
 * Asks for a backup now. While one is pending, that one is the answer; should its job have gone to
 * the dead letters, it gets another.
 */
export function requestBackup(ctx: Needs, { orgId }: { readonly orgId: string }) {
  return ctx.em.transactional(async (em): Promise<BackupRun> => {
    await lockOrganization(em, orgId);
    const pending = await em.findOne(BackupRunEntity, { organizationId: orgId, status: 'PENDING' });
    const id = pending?.id ?? newId('backupRun');
    if (!pending) {
      em.create(BackupRunEntity, {
        id,
        organizationId: orgId,
        status: 'PENDING',
        failure: null,
        finishedAt: null,
        recordCount: null,
        byteCount: null,
        sha256: null,
      });
      await em.flush();
    }
    await ctx.jobs.send(em, 'take-backup', { backupRunId: id }, { key: id });
    const act = { organizationId: orgId, action: 'backup.requested', targetId: id } as const;
    await recordAudit(em, ctx.origin, act, ctx.clock.now());
    return readBackup(em, { orgId, id });
  });
}
