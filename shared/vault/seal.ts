import { createHash, randomBytes } from 'node:crypto';
import sodium from 'libsodium-wrappers';
import { encodeContext, keyId, type Envelope, type SealContext } from './envelope.ts';

/** Seals with the public key. It cannot open anything, not even what it has just sealed. */
export interface Sealer {
  readonly kid: string;
  seal(plaintext: string, context: SealContext): Envelope;
}

/** `publicKey`: 32 bytes (X25519). Throws when it is not. */
export async function createSealer(publicKey: Uint8Array): Promise<Sealer> {
  await sodium.ready;
  if (publicKey.length !== sodium.crypto_box_PUBLICKEYBYTES) {
    throw new Error(`The vault's public key has ${publicKey.length} bytes instead of 32.`);
  }
  const kid = keyId(publicKey);
  return {
    kid,
    seal: (plaintext, context) => seal(plaintext, encodeContext(context), publicKey, kid),
  };
}

function seal(plaintext: string, context: Buffer, publicKey: Uint8Array, kid: string): Envelope {
  // The operating system's random bytes at once: libsodium's asks for them by four.
  const key = randomBytes(sodium.crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
  const nonce = randomBytes(sodium.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
  const message = Buffer.from(plaintext, 'utf8');
  const keyAndContext = Buffer.concat([key, createHash('sha256').update(context).digest()]);
  try {
    return {
      kid,
      nonce,
      wrapped: sodium.crypto_box_seal(keyAndContext, publicKey),
      ciphertext: sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
        message,
        context,
        null,
        nonce,
        key,
      ),
    };
  } finally {
    for (const buffer of [key, message, keyAndContext]) sodium.memzero(buffer);
  }
}
