import { createHash, timingSafeEqual } from 'node:crypto';
import sodium from 'libsodium-wrappers';
import { Derivations, type Derive, type OpenDerivation } from './derivations.ts';
import {
  encodeContext,
  keyId,
  type Envelope,
  type SealContext,
} from '../../shared/vault/envelope.ts';

/**
 * - `KEY_MISSING`: this worker does not hold the key pair. Retry: the key may come back.
 * - `CONTEXT_MISMATCH`: the envelope is intact and belongs to another place. Never retry.
 * - `CORRUPT`: a part of the envelope was changed. Never retry.
 */
export type VaultErrorCode = 'KEY_MISSING' | 'CONTEXT_MISMATCH' | 'CORRUPT';

export class VaultError extends Error {
  override readonly name = 'VaultError';
  readonly code: VaultErrorCode;

  constructor(code: VaultErrorCode) {
    super(code);
    this.code = code;
  }
}

export interface SealedSecret<Field extends string> {
  readonly field: Field;
  readonly envelope: Envelope;
  readonly context: SealContext;
}

/** The only door to plaintext. */
export interface Vault {
  /**
   * Opens the secrets for the length of one callback and gives back what the callback gives back.
   * Throws `VaultError` before `work` starts when any of them does not open.
   */
  use<Field extends string, Result>(
    sealed: readonly SealedSecret<Field>[],
    work: (secrets: { readonly [F in Field]?: string }, derive: Derive<Field>) => Promise<Result>,
  ): Promise<Result>;
}

export interface KeyPair {
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

/** Several key pairs are held at once while a rotation runs. */
export async function createVault(keyPairs: readonly KeyPair[]): Promise<Vault> {
  await sodium.ready;
  for (const pair of keyPairs) assertPair(pair);
  const byId = new Map(keyPairs.map((pair) => [keyId(pair.publicKey), pair]));
  const derivations = new Derivations();
  return {
    use: async (sealed, work) => {
      type Field = (typeof sealed)[number]['field'];
      const opened: { [F in Field]?: string } = {};
      const derived = new Map<Field, OpenDerivation>();
      try {
        for (const { field, envelope, context } of sealed) {
          const pair = byId.get(envelope.kid);
          opened[field] = open(envelope, encodeContext(context), pair, (dataKey) =>
            derived.set(field, derivations.open(dataKey)),
          );
        }
        return await work(opened, async (field, label, make) => {
          const derivation = derived.get(field);
          return derivation ? derivation.derive(label, make) : make();
        });
      } finally {
        for (const derivation of derived.values()) derivation.close();
      }
    },
  };
}

function assertPair({ publicKey, privateKey }: KeyPair): void {
  const derived =
    privateKey.length === sodium.crypto_box_SECRETKEYBYTES &&
    sodium.crypto_scalarmult_base(privateKey);
  if (!derived || !Buffer.from(derived).equals(Buffer.from(publicKey))) {
    throw new Error("The vault's private key does not belong to its public key.");
  }
}

function open(
  envelope: Envelope,
  context: Buffer,
  pair: KeyPair | undefined,
  seeKey: (dataKey: Uint8Array) => void,
): string {
  if (!pair) throw new VaultError('KEY_MISSING');
  const unwrapped = orCorrupt(() =>
    sodium.crypto_box_seal_open(envelope.wrapped, pair.publicKey, pair.privateKey),
  );
  try {
    if (unwrapped.length !== 64) throw new VaultError('CORRUPT');
    const expected = createHash('sha256').update(context).digest();
    if (!timingSafeEqual(unwrapped.subarray(32), expected))
      throw new VaultError('CONTEXT_MISMATCH');
    const dataKey = unwrapped.subarray(0, 32);
    const plaintext = decrypt(envelope, context, dataKey);
    seeKey(dataKey);
    return plaintext;
  } finally {
    sodium.memzero(unwrapped);
  }
}

function decrypt(envelope: Envelope, context: Buffer, key: Uint8Array): string {
  const plaintext = orCorrupt(() =>
    sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
      null,
      envelope.ciphertext,
      context,
      envelope.nonce,
      key,
    ),
  );
  try {
    return Buffer.from(plaintext).toString('utf8');
  } finally {
    sodium.memzero(plaintext);
  }
}

function orCorrupt<T>(step: () => T): T {
  try {
    return step();
  } catch {
    // libsodium's own message says nothing more, and a cause could carry the inputs.
    throw new VaultError('CORRUPT');
  }
}
