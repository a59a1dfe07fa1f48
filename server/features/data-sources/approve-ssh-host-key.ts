import { LockMode } from '@mikro-orm/core';
import { recordAudit } from '../../../shared/audit/record.ts';
import { DataSource } from '../../../shared/db/entities/data-source.entity.ts';
import { notFound } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import type { ApproveSshHostKey, ApprovedSshHostKey } from './contract.ts';
import { enqueueSync } from './enqueue-sync.ts';

type Needs = Pick<CallerContext, 'em' | 'jobs' | 'clock' | 'origin'>;

/**
 * Puts another host key of the SSH server on record, the only way in which one that is there is ever
 * replaced while the server stays the same. Nothing was sent to the server as long as its key was
 * not on record; from here on the tunnel's secrets are, so who approved what stands in the audit.
 */
export async function approveSshHostKey(
  ctx: Needs,
  { orgId, id, fingerprint }: ApproveSshHostKey,
): Promise<ApprovedSshHostKey> {
  return ctx.em.transactional(async (em) => {
    const row = await em.findOne(
      DataSource,
      { id, organizationId: orgId },
      { lockMode: LockMode.PESSIMISTIC_WRITE },
    );
    if (!row) throw notFound('Data source');
    const { connection } = row;
    const replaced = connection.sshHostKey ?? row.sshHostKey ?? null;
    row.sshHostKey = fingerprint;
    // A key that was given with the connection would go on being the only one that is trusted.
    if (connection.sshHostKey !== null) row.connection = { ...connection, sshHostKey: fingerprint };
    row.connectionVersion += 1;
    row.lastSyncStatus = 'PENDING';
    await em.flush();
    await enqueueSync(em, ctx.jobs, { orgId, dataSourceId: id, trigger: 'updated' });
    await ctx.jobs.send(
      em,
      'check-health',
      { dataSourceId: id },
      { organizationId: orgId, key: id },
    );
    const act = {
      organizationId: orgId,
      action: 'data_source.ssh_host_key_approved',
      targetId: id,
    } as const;
    const details = { fingerprint, replaced };
    await recordAudit(em, ctx.origin, { ...act, details }, ctx.clock.now());
    return { id, sshHostKey: fingerprint };
  });
}
