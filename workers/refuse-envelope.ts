import { systemOrigin } from '../shared/audit/events.ts';
import { recordAudit } from '../shared/audit/record.ts';
import type { EntityManager } from '../shared/db/orm.ts';
import { VaultError } from './vault/open.ts';

/** Whether an envelope was there, with its key, and yet was not what it claimed to be. */
export function isTampered(error: unknown): error is VaultError {
  return error instanceof VaultError && error.code !== 'KEY_MISSING';
}

/**
 * Writes down that stored credentials were refused. Call it last in its transaction, and where the
 * same is found out over and over, only when it was not known before.
 */
export async function recordRefusal(
  em: EntityManager,
  owner: { readonly organizationId: string; readonly id: string },
  reason: VaultError['code'],
  now: Date,
): Promise<void> {
  const { organizationId, id: targetId } = owner;
  const act = { organizationId, action: 'security.envelope_refused', targetId } as const;
  await recordAudit(em, systemOrigin, { ...act, details: { reason } }, now);
}
