import sodium from 'libsodium-wrappers';
import type { KeyPair } from './open.ts';

/**
 * The 112 bytes that hold a secret's own key, for another key pair: unwrapped and wrapped again. The
 * secret itself is not opened, its ciphertext stays as it is, and so does what it is bound to. Null
 * for what was not wrapped for `from`. Call it when `sodium.ready` has settled.
 */
export function rewrap(
  wrapped: Uint8Array,
  from: KeyPair,
  to: Pick<KeyPair, 'publicKey'>,
): Uint8Array | null {
  const opened = unwrap(wrapped, from);
  if (!opened) return null;
  try {
    return sodium.crypto_box_seal(opened, to.publicKey);
  } finally {
    sodium.memzero(opened);
  }
}

function unwrap(wrapped: Uint8Array, { publicKey, privateKey }: KeyPair): Uint8Array | null {
  try {
    return sodium.crypto_box_seal_open(wrapped, publicKey, privateKey);
  } catch {
    return null;
  }
}
