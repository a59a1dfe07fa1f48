import type { AuditAction } from '../../../shared/audit/events.ts';
import { recordAudit } from '../../../shared/audit/record.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { originOfUser, type Context } from '../../context.ts';

interface UserAct {
  readonly action: Extract<AuditAction, `auth.${string}`>;
  readonly userId: string;
  readonly targetId: string;
  readonly details?: Readonly<Record<string, string>>;
}

/** What a user does to its own account is told to every organization that it is a member of. */
export async function auditUser(
  em: EntityManager,
  { request, clock }: Pick<Context, 'request' | 'clock'>,
  { userId, ...act }: UserAct,
): Promise<void> {
  const origin = originOfUser(request, userId);
  const memberships = await em
    .getKysely()
    .selectFrom('membership')
    .select('organization_id')
    .where('user_id', '=', userId)
    .where('deactivated_at', 'is', null)
    // In one order everywhere, so that two transactions never wait for each other's chain.
    .orderBy('organization_id')
    .execute();
  for (const { organization_id: organizationId } of memberships) {
    await recordAudit(em, origin, { organizationId, ...act }, clock.now());
  }
}
