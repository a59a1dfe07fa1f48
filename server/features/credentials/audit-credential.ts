import type { AuditAction } from '../../../shared/audit/events.ts';
import { recordAudit } from '../../../shared/audit/record.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import type { CallerContext } from '../../context.ts';
import type { RevealCredential } from './contract.ts';

/** Writes down what came of a request to reveal a credential, with the reason that was given. */
export async function auditCredential(
  em: EntityManager,
  ctx: Pick<CallerContext, 'origin' | 'clock'>,
  { orgId, id, reason }: RevealCredential,
  action: Extract<AuditAction, `credential.reveal_${string}`>,
  facts: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const act = { organizationId: orgId, action, targetId: id, details: { ...facts, reason } };
  await recordAudit(em, ctx.origin, act, ctx.clock.now());
}
