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
 * Seals each secret for its owner and destination and stores the envelopes with the transaction.
 * `versions` are the last ones there are of each field.
 */
export function storeSecrets(
  em: EntityManager,
  sealer: Sealer,
  owner: Owner,
  secrets: ConnectionSecrets,
  versions: ReadonlyMap<SecretField, number> = new Map(),
): void {
  const { connection, ...place } = owner;
  for (const field of secretFields) {
    const plaintext = secrets[field];
    if (plaintext === undefined) continue;
    const version = (versions.get(field) ?? 0) + 1;
    const destination = destinationOf(connection);
    const envelope = sealer.seal(plaintext, { ...place, field, version, destination });
    em.create(SecretEnvelope, {
      id: newId('secretEnvelope'),
      ...place,
      field,
      version,
      kid: envelope.kid,
      wrapped: Buffer.from(envelope.wrapped),
      nonce: Buffer.from(envelope.nonce),
      ciphertext: Buffer.from(envelope.ciphertext),
    });
  }
}
