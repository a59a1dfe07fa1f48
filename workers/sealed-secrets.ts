import { z } from 'zod';
import { secretFields, type Connection, type SecretField } from '../shared/connection.ts';
import { destinationOf } from '../shared/vault/destination.ts';
import type { SealContext } from '../shared/vault/envelope.ts';
import type { SealedSecret } from './vault/open.ts';

const Bytes = z.base64().transform((text) => Buffer.from(text, 'base64'));

/** Envelopes as one JSON value, so that they come in the same statement as what they belong to. */
export const Envelopes = z.array(
  z.object({
    field: z.enum(secretFields as [SecretField, ...SecretField[]]),
    version: z.int(),
    kid: z.string(),
    wrapped: Bytes,
    nonce: Bytes,
    ciphertext: Bytes,
  }),
);

/** SQL for the current envelopes of the row `owner` as text; base64 without PostgreSQL's line breaks. */
export const envelopesOf = (owner: string, ownerType: SealContext['ownerType']): string => `
  coalesce((
    select json_agg(json_build_object('field', e.field, 'version', e.version, 'kid', e.kid,
      'wrapped', replace(encode(e.wrapped, 'base64'), E'\\n', ''),
      'nonce', replace(encode(e.nonce, 'base64'), E'\\n', ''),
      'ciphertext', replace(encode(e.ciphertext, 'base64'), E'\\n', '')))
    from secret_envelope e
    where e.owner_id = ${owner}.id and e.owner_type = '${ownerType}'
      and e.retired_at is null), '[]')`;

interface Owner extends Pick<SealContext, 'organizationId' | 'ownerType' | 'ownerId'> {
  readonly connection: Connection;
}

/**
 * The secrets with the context in which they must have been sealed. It is built from where they are
 * used, never from what the envelope says of itself: that is what keeps a moved one from opening.
 */
export function sealedSecrets(
  { connection, ...place }: Owner,
  envelopes: z.infer<typeof Envelopes>,
): SealedSecret<SecretField>[] {
  const destination = destinationOf(connection);
  return envelopes.map(({ field, version, ...envelope }) => ({
    field,
    envelope,
    context: { ...place, field, version, destination },
  }));
}
