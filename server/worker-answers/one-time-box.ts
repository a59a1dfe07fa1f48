import sodium from 'libsodium-wrappers';

/**
 * A box for one answer that a worker seals to this request. Its private key is made here and never
 * leaves: there is no way to hand this file another key, so it opens nothing that was stored.
 */
export interface OneTimeBox {
  /** 32 bytes (X25519) in base64, for the worker to seal to with crypto_box_seal. */
  readonly publicKey: string;
  /** Opens the answer and forgets the key. Throws for anything that was not sealed to this box. */
  open(sealed: Uint8Array): string;
}

export async function createOneTimeBox(): Promise<OneTimeBox> {
  await sodium.ready;
  const { publicKey, privateKey } = sodium.crypto_box_keypair();
  return {
    publicKey: Buffer.from(publicKey).toString('base64'),
    open(sealed) {
      const opened = sodium.crypto_box_seal_open(sealed, publicKey, privateKey);
      sodium.memzero(privateKey);
      try {
        return Buffer.from(opened).toString('utf8');
      } finally {
        sodium.memzero(opened);
      }
    },
  };
}
