import type { Connection, ConnectionSecrets, SecretField } from '../../../shared/connection.ts';
import { secretFields } from '../../../shared/connection.ts';
import { SecretEnvelope } from '../../../shared/db/entities/secret-envelope.entity.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { newId } from '../../../shared/ids.ts';
import { destinationOf } from '../../../shared/vault/destination.ts';
import type { SealContext } from '../../../shared/vault/envelope.ts';
import type { Sealer } from '../../../shared/vault/seal.ts';

interface Owner extends Pick<SealContext, 'organizationId' | 'ownerId'> {
  readonly ownerType: Extract<SealContext['ownerType'], 'data_source' | 'connection_draft'>;
  readonly connection: Connection;
}

/**
 * Seals each secret for its owner and destination: the rows of its envelopes. `versions` are the last
 * ones there are of each field.
 */
export function sealSecrets(
  sealer: Sealer,
  owner: Owner,
  secrets: ConnectionSecrets,
  versions: ReadonlyMap<SecretField, number> = new Map(),
) {
  const { connection, ...place } = owner;
  const destination = destinationOf(connection);
  return secretFields.flatMap((field) => {
    const plaintext = secrets[field];
    if (plaintext === undefined) return [];
    const version = (versions.get(field) ?? 0) + 1;
    const { kid, ...parts } = sealer.seal(plaintext, { ...place, field, version, destination });
    const wrapped = Buffer.from(parts.wrapped);
    const nonce = Buffer.from(parts.nonce);
    const ciphertext = Buffer.from(parts.ciphertext);
    const id = newId('secretEnvelope');
    return [{ id, ...place, field, version, kid, wrapped, nonce, ciphertext }];
  });
}

/** Seals each secret and stores the envelopes with the transaction. */
export function storeSecrets(em: EntityManager, ...sealing: Parameters<typeof sealSecrets>): void {
  for (const envelope of sealSecrets(...sealing)) em.create(SecretEnvelope, envelope);
}
