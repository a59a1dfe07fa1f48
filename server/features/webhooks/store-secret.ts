import { randomBytes } from 'node:crypto';
import { WebhookSecret } from '../../../shared/db/entities/webhooks/webhook-secret.entity.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { newId } from '../../../shared/ids.ts';
import type { Sealer } from '../../../shared/vault/seal.ts';
import { webhookSecretContext } from '../../../shared/webhooks/secret-context.ts';

interface Place {
  readonly organizationId: string;
  readonly webhookId: string;
  readonly version: number;
}

/**
 * Makes a signing secret and stores it sealed, with the transaction. What it answers is for the
 * caller's eyes: this process cannot read it again. 32 bytes, of the 24 to 64 that the standard asks.
 */
export function storeSecret(em: EntityManager, sealer: Sealer, place: Place): string {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const sealed = sealer.seal(secret, webhookSecretContext(place));
  em.create(WebhookSecret, {
    id: newId('webhookSecret'),
    ...place,
    kid: sealed.kid,
    wrapped: Buffer.from(sealed.wrapped),
    nonce: Buffer.from(sealed.nonce),
    ciphertext: Buffer.from(sealed.ciphertext),
    expiresAt: null,
  });
  return secret;
}
