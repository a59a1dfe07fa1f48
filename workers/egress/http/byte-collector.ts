const firstBytes = 4_096;

/**
 * Bytes that come in pieces, in one buffer that doubles: a peer that sends them one by one must not
 * make us hold an object for each.
 */
export class ByteCollector {
  #buffer = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What it takes itself. */
  get capacity(): number {
    return this.#buffer.length;
  }

  add(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(length, 2 * this.#buffer.length, firstBytes));
      this.#buffer.copy(grown, 0, 0, this.#length);
      this.#buffer = grown;
    }
    this.#buffer.set(piece, this.#length);
    this.#length = length;
  }

  /** Everything so far as text, and starts anew. */
  take(encoding: 'utf8' | 'latin1'): string {
    const text = this.#buffer.toString(encoding, 0, this.#length);
    this.#length = 0;
    return text;
  }
}
