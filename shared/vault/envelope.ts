import { createHash } from 'node:crypto';

/**
 * A sealed secret, format `sbx1`:
 * - `ciphertext` = XChaCha20-Poly1305(plaintext, aad = context, nonce, DEK), DEK 32 random bytes;
 * - `wrapped` = crypto_box_seal(DEK || SHA-256(context), public key): 32 + 32 + 48 = 112 bytes;
 * - `kid` names the key pair. All primitives are libsodium's.
 */
export interface Envelope {
  readonly kid: string;
  readonly wrapped: Uint8Array;
  readonly nonce: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** What a secret belongs to. It opens in exactly this place and nowhere else. */
export interface SealContext {
  readonly organizationId: string;
  readonly ownerType: 'data_source' | 'connection_draft' | 'invitation' | 'webhook';
  readonly ownerId: string;
  readonly field: string;
  readonly version: number;
  /** From `destinationOf`, or an address: the secret only ever goes where it was meant to go. */
  readonly destination: string;
}

/** Key id: the first 12 base64url characters of SHA-256(public key). */
export function keyId(publicKey: Uint8Array): string {
  return createHash('sha256').update(publicKey).digest('base64url').slice(0, 12);
}

/** The context as bytes. Each field is preceded by its length, so no two contexts share an encoding. */
export function encodeContext(context: SealContext): Buffer {
  const fields = [
    'basekeep-secret-v1',
    context.organizationId,
    context.ownerType,
    context.ownerId,
    context.field,
    String(context.version),
    context.destination,
  ];
  return Buffer.concat(fields.flatMap((field) => lengthPrefixed(Buffer.from(field, 'utf8'))));
}

function lengthPrefixed(bytes: Buffer): Buffer[] {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return [length, bytes];
}
