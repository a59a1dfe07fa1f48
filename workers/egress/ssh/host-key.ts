import { createHash } from 'node:crypto';
import type { ServerHostKeyAlgorithm } from 'ssh2';
import { hostKeyKinds } from './algorithms.ts';

/** As `ssh-keygen -lf` writes it: `SHA256:` and base64 without padding. */
export function fingerprintOf(hostKey: Buffer): string {
  const hash = createHash('sha256').update(hostKey).digest('base64');
  return `SHA256:${hash.replace(/=+$/, '')}`;
}

/**
 * Judges the key that a server shows on one connection. Must stay synchronous: ssh2 takes the promise
 * of an asynchronous verifier for consent.
 */
export class HostKeyCheck {
  /** The fingerprint that the server showed, once it has. */
  shown: string | null = null;
  readonly #pinned: string | null;
  #kind: readonly ServerHostKeyAlgorithm[] | null = null;

  constructor(pinned: string | null) {
    this.#pinned = pinned;
  }

  get refused(): boolean {
    return this.shown !== null && this.#pinned !== null && this.shown !== this.#pinned;
  }

  verify(hostKey: Buffer): boolean {
    this.shown = fingerprintOf(hostKey);
    this.#kind = kindOf(hostKey);
    return !this.refused;
  }

  /** The kinds of `offered` that the server has not shown a key of; none when it shows nonsense. */
  othersOf(
    offered: readonly (readonly ServerHostKeyAlgorithm[])[],
  ): readonly (readonly ServerHostKeyAlgorithm[])[] {
    return this.#kind ? offered.filter((kind) => kind !== this.#kind) : [];
  }
}

/** RFC 4253, section 6.6: a key begins with its format's name. RSA signs with names of their own. */
function kindOf(hostKey: Buffer): readonly ServerHostKeyAlgorithm[] | null {
  if (hostKey.length < 4) return null;
  const name = hostKey.toString('latin1', 4, 4 + Math.min(hostKey.readUInt32BE(0), 64));
  const wanted = name === 'ssh-rsa' ? 'rsa-sha2-512' : name;
  return hostKeyKinds.find((kind) => kind.some((algorithm) => algorithm === wanted)) ?? null;
}
