import { recordAudit } from '../../shared/audit/record.ts';
import type { CallerContext } from '../context.ts';
import type { Permission } from '../identity/permissions.ts';

interface Refusal {
  readonly organizationId: string;
  readonly permission: Permission;
  readonly procedure: string;
}

/** Puts on record that a member asked for what it may not do, before it is told so. */
export async function auditRefusal(
  { em, origin, clock }: Pick<CallerContext, 'em' | 'origin' | 'clock'>,
  { organizationId, ...details }: Refusal,
): Promise<void> {
  const act = { organizationId, action: 'permission.refused', targetId: organizationId } as const;
  await em.fork().transactional((tx) => recordAudit(tx, origin, { ...act, details }, clock.now()));
}
