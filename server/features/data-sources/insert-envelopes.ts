import { sql, type RawBuilder } from 'kysely';
import type { sealSecrets } from './store-secrets.ts';

/** Stores the envelopes of one owner, however many, as a part of a larger statement. */
export function insertEnvelopes(
  envelopes: ReturnType<typeof sealSecrets>,
  owner: { organizationId: string; ownerType: 'data_source' | 'connection_draft'; ownerId: string },
  now: Date,
): RawBuilder<unknown> {
  return sql`
    insert into secret_envelope (id, field, version, kid, wrapped, nonce, ciphertext,
      organization_id, owner_type, owner_id, created_at, updated_at)
    select envelope.*, ${owner.organizationId}, ${owner.ownerType}, ${owner.ownerId}, ${now}, ${now}
    from unnest(${envelopes.map(({ id }) => id)}::text[], ${envelopes.map(({ field }) => field)}::text[],
      ${envelopes.map(({ version }) => version)}::int[], ${envelopes.map(({ kid }) => kid)}::text[],
      ${envelopes.map(({ wrapped }) => wrapped)}::bytea[], ${envelopes.map(({ nonce }) => nonce)}::bytea[],
      ${envelopes.map(({ ciphertext }) => ciphertext)}::bytea[]) as envelope`;
}
