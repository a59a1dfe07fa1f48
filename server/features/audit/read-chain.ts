import { sql } from 'kysely';
import { genesisHash } from '../../../shared/audit/hash.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { isoTime } from '../../paging/paging.ts';
import type { ChainHead, ChainLink } from './chain-line.ts';

const rowsAtATime = 500;

/** Where the chain of an organization ends now; an organization without events has an empty one. */
export async function readChainHead(em: EntityManager, organizationId: string): Promise<ChainHead> {
  const { rows } = await sql<{ sequence: string; hash: Buffer }>`
    select sequence, hash from audit_head where organization_id = ${organizationId}`.execute(
    em.getKysely(),
  );
  const [head] = rows;
  return {
    organizationId,
    sequence: Number(head?.sequence ?? 0),
    hash: head?.hash ?? genesisHash,
  };
}

/** The events of an organization, oldest first; some hundreds are in memory at a time. */
export async function* readChain(
  em: EntityManager,
  organizationId: string,
  { upTo = Number.MAX_SAFE_INTEGER } = {},
): AsyncGenerator<ChainLink, void, undefined> {
  for (let after = 0; ;) {
    const rows = await em
      .getKysely()
      .selectFrom('audit_event')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('sequence', '>', after)
      .where('sequence', '<=', upTo)
      .orderBy('sequence')
      .limit(rowsAtATime)
      .execute();
    for (const row of rows) {
      after = Number(row.sequence);
      yield {
        id: row.id,
        organizationId,
        sequence: after,
        occurredAt: new Date(isoTime(row.occurred_at)),
        action: row.action,
        actorType: row.actor_type,
        actorId: row.actor_id,
        targetType: row.target_type,
        targetId: row.target_id,
        requestId: row.request_id,
        address: row.address,
        userAgent: row.user_agent,
        details: row.details,
        previousHash: Buffer.from(row.previous_hash),
        hash: Buffer.from(row.hash),
      };
    }
    if (rows.length < rowsAtATime) return;
  }
}
