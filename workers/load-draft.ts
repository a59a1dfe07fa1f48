import { sql } from 'kysely';
import { z } from 'zod';
import { Connection } from '../shared/connection.ts';
import type { EntityManager } from '../shared/db/orm.ts';
import type { SealedConnection } from './load-data-source.ts';
import { Envelopes, envelopesOf, sealedSecrets } from './sealed-secrets.ts';

export interface LoadedDraft extends SealedConnection {
  readonly id: string;
  readonly organizationId: string;
}

const Row = z.object({
  organization_id: z.string(),
  connection: Connection,
  envelopes: Envelopes,
});

/**
 * A draft and its envelopes, or null when nobody waits for it any more: it is gone, answered, or its
 * job was sent more than 30 s ago (by the database's clock, which the API's need not agree with).
 */
export async function loadDraft(
  em: EntityManager,
  id: string,
  sentAt: Date,
): Promise<LoadedDraft | null> {
  const { rows } = await sql<Record<string, unknown>>`
    select d.organization_id, d.connection,
      ${sql.raw(envelopesOf('d', 'connection_draft'))} as envelopes
    from connection_draft d
    where d.id = ${id} and d.report is null
      and ${sentAt.toISOString()}::timestamptz > now() - interval '30 seconds'`.execute(
    em.getKysely(),
  );
  if (!rows[0]) return null;
  const { organization_id: organizationId, connection, envelopes } = Row.parse(rows[0]);
  const owner = { organizationId, ownerType: 'connection_draft', ownerId: id, connection } as const;
  const secrets = sealedSecrets(owner, envelopes);
  return { id, organizationId, connection, isDemo: false, sshHostKey: null, secrets };
}
