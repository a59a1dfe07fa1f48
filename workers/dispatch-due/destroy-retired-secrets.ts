import { sql } from 'kysely';
import { systemOrigin } from '../../shared/audit/events.ts';
import { recordAudit } from '../../shared/audit/record.ts';
import type { EntityManager } from '../../shared/db/orm.ts';
import { credentialIdOf } from '../../shared/ids.ts';
import { nowMs, toTime } from '../database-time.ts';
import type { WorkerContext } from '../worker-context.ts';

interface Destroyed {
  organization_id: string;
  owner_id: string;
  field: string;
  version: number;
  now_ms: number;
}

/**
 * Destroys versions of secrets that were replaced or taken away a day ago: nothing that was at work
 * with them then still is.
 */
export async function destroyRetiredSecrets(
  { orm }: WorkerContext,
  limit: number,
): Promise<number> {
  return orm.em.fork().transactional(async (em) => {
    const destroyed = await takeRetired(em, limit);
    // In one order everywhere, so that two transactions never wait for each other's chain.
    destroyed.sort((a, b) => (a.organization_id < b.organization_id ? -1 : 1));
    for (const row of destroyed) {
      const { organization_id: organizationId, field, version } = row;
      const act = {
        organizationId,
        action: 'credential.version_destroyed',
        targetId: credentialIdOf(row.owner_id),
      } as const;
      await recordAudit(em, systemOrigin, { ...act, details: { field, version } }, toTime(row));
    }
    return destroyed.length;
  });
}

async function takeRetired(em: EntityManager, limit: number): Promise<Destroyed[]> {
  const { rows } = await sql<Destroyed>`
    delete from secret_envelope where id = any (array(
      select id from secret_envelope where retired_at < now() - interval '24 hours'
      order by retired_at limit ${limit} for update skip locked))
    returning organization_id, owner_id, field, version, ${nowMs} as now_ms`.execute(
    em.getKysely(),
  );
  return rows;
}
