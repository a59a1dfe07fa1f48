import { hash } from 'node:crypto';
import sodium from 'libsodium-wrappers';
import { xor } from './xor.ts';

/**
 * Gives what `make` made of a secret's `field` the last time that it was asked for under this
 * `label`, and calls it where that is not known. A `label` names all that the value depends on
 * beside the secret. Values have 64 bytes; the caller may wipe them.
 */
export type Derive<Field extends string> = (
  field: Field,
  label: string,
  make: () => Promise<Buffer>,
) => Promise<Buffer>;

/** A value as it lies in memory. */
export interface Kept {
  /** A digest, because servers have a say in how long a label is. */
  readonly label: string;
  readonly masked: Buffer;
}

// With 400 bytes each, 4 MB: the data sources of a large installation.
const maxKept = 10_000;

/**
 * Keeps what was derived from secrets at a cost, one value of each, the least used of them leaving
 * first. Memory alone gives none of it away: a value is kept masked by a key that comes out of its
 * secret's envelope and is wiped when the envelope is closed, so it opens with that envelope and
 * the vault's private key, as the secret itself does. A new secret has a new envelope, and nothing
 * of the old one is found.
 */
export class Derivations {
  readonly #kept: Map<string, Kept>;
  readonly #max: number;

  constructor(kept = new Map<string, Kept>(), max = maxKept) {
    this.#kept = kept;
    this.#max = max;
  }

  /** For as long as an envelope is open: `dataKey` is the random key of its content. */
  open(dataKey: Uint8Array): OpenDerivation {
    const keys = expand(dataKey, 'basekeep derivation 1');
    const name = keys.toString('base64', 32);
    const maskKey = keys.subarray(0, 32);
    let isOpen = true;
    return {
      derive: async (label, make) => {
        if (!isOpen) return make();
        const kept = this.#take(name);
        const digest = hash('sha256', label, 'base64');
        const mask = expand(maskKey, label);
        if (kept?.label === digest) {
          this.#kept.set(name, kept);
          return xor(kept.masked, mask);
        }
        const value = await make();
        this.#put(name, { label: digest, masked: xor(value, mask) });
        return value;
      },
      close() {
        isOpen = false;
        keys.fill(0);
      },
    };
  }

  #take(name: string): Kept | undefined {
    const kept = this.#kept.get(name);
    this.#kept.delete(name);
    return kept;
  }

  #put(name: string, kept: Kept): void {
    this.#kept.set(name, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > this.#max && oldest !== undefined) this.#kept.delete(oldest);
  }
}

export interface OpenDerivation {
  derive(label: string, make: () => Promise<Buffer>): Promise<Buffer>;
  /** Wipes the keys. */
  close(): void;
}

/** 64 bytes that nobody tells from random ones without the key: BLAKE2b, keyed. */
function expand(key: Uint8Array, label: string): Buffer {
  const bytes = sodium.crypto_generichash(64, label, key);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
