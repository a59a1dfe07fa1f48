/*
 * Fields of TTC, the layer above TNS, as node-oracledb 26.0.0 reads and writes them in
 * lib/impl/datahandlers/buffer.js and lib/thin/protocol/packet.js.
 */

/** An integer of variable length: how many bytes it has, and those. */
export function integer(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256);
  return Buffer.from([bytes.length, ...bytes]);
}

const [longest, inChunks] = [252, 0xfe];

/** Bytes behind their length; long ones in chunks. Null and nothing are the same, as in Oracle. */
export function bytes(value: Buffer | string | null): Buffer {
  const given = Buffer.from(value ?? '');
  if (given.length <= longest) return Buffer.concat([Buffer.from([given.length]), given]);
  return Buffer.concat([Buffer.from([inChunks]), integer(given.length), given, integer(0)]);
}

/** A text behind its length and once more behind it. */
export function text(value: string): Buffer {
  const length = Buffer.byteLength(value);
  return length === 0 ? integer(0) : Buffer.concat([integer(length), bytes(value)]);
}

/** Reads what a client has sent, field by field. Throws a RangeError at the end of it. */
export class FieldReader {
  readonly #message: Buffer;
  #at = 0;

  constructor(message: Buffer) {
    this.#message = message;
  }

  get atEnd(): boolean {
    return this.#at >= this.#message.length;
  }

  byte(): number {
    const value = this.#message.readUInt8(this.#at);
    this.#at += 1;
    return value;
  }

  skip(count: number): void {
    this.#at += count;
  }

  integer(): number {
    let value = 0;
    for (let left = this.byte(); left > 0; left -= 1) value = value * 256 + this.byte();
    return value;
  }

  integers(count: number): number[] {
    return Array.from({ length: count }, () => this.integer());
  }

  bytes(): Buffer {
    const length = this.byte();
    if (length !== inChunks) return this.#take(length);
    const chunks: Buffer[] = [];
    for (let size = this.integer(); size > 0; size = this.integer()) chunks.push(this.#take(size));
    return Buffer.concat(chunks);
  }

  #take(length: number): Buffer {
    const taken = this.#message.subarray(this.#at, this.#at + length);
    if (taken.length < length) throw new RangeError('A field ends after its message');
    this.#at += length;
    return taken;
  }
}
