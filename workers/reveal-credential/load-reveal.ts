import { sql } from 'kysely';
import type { Origin } from '../../shared/audit/events.ts';
import type { EntityManager } from '../../shared/db/orm.ts';

/** A request to see a credential in clear, as the API wrote it down. */
export interface Reveal {
  readonly id: string;
  readonly organizationId: string;
  readonly dataSourceId: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly reason: string;
  readonly origin: Origin;
}

interface Row {
  organization_id: string;
  data_source_id: string;
  user_id: string;
  session_id: string;
  request_id: string | null;
  address: string | null;
  user_agent: string | null;
  reason: string;
}

/** The request, or null when nobody waits for it any more or somebody has begun to answer it. */
export async function loadReveal(em: EntityManager, id: string): Promise<Reveal | null> {
  const { rows } = await sql<Row>`
    select * from credential_reveal
    where id = ${id} and expires_at > now() and audited_at is null and failure is null`.execute(
    em.getKysely(),
  );
  const [row] = rows;
  if (!row) return null;
  return {
    id,
    organizationId: row.organization_id,
    dataSourceId: row.data_source_id,
    userId: row.user_id,
    sessionId: row.session_id,
    reason: row.reason,
    origin: {
      actor: { type: 'user', id: row.user_id },
      requestId: row.request_id,
      address: row.address,
      userAgent: row.user_agent,
    },
  };
}
