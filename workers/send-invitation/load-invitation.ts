import { sql } from 'kysely';
import { z } from 'zod';
import type { EntityManager } from '../../shared/db/orm.ts';
import type { Envelope } from '../../shared/vault/envelope.ts';

const Row = z.object({
  organization_id: z.string(),
  organization: z.string(),
  email: z.string(),
  expires_at: z.string(),
  kid: z.string(),
  wrapped: z.instanceof(Uint8Array),
  nonce: z.instanceof(Uint8Array),
  ciphertext: z.instanceof(Uint8Array),
});

export interface LoadedInvitation {
  readonly id: string;
  readonly organizationId: string;
  /** The organization's name, as somebody typed it. */
  readonly organization: string;
  readonly email: string;
  readonly expiresOn: string;
  readonly envelope: Envelope;
}

/** An invitation that is still to be sent; null when it is gone, sent, withdrawn or expired. */
export async function loadInvitation(
  em: EntityManager,
  id: string,
): Promise<LoadedInvitation | null> {
  const { rows } = await sql<Record<string, unknown>>`
    select i.organization_id, o.name as organization, u.email,
      to_char(i.expires_at at time zone 'UTC', 'YYYY-MM-DD') as expires_at,
      i.kid, i.wrapped, i.nonce, i.ciphertext
    from invitation i
    join organization o on o.id = i.organization_id
    join membership m on m.id = i.membership_id and m.deactivated_at is null
    join app_user u on u.id = m.user_id
    where i.id = ${id} and i.kid is not null and i.expires_at > now()`.execute(em.getKysely());
  if (!rows[0]) return null;
  const row = Row.parse(rows[0]);
  const { organization_id: organizationId, organization, email, expires_at: expiresOn } = row;
  return { id, organizationId, organization, email, expiresOn, envelope: row };
}
