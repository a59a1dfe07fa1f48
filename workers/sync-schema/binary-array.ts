const headerBytes = 20;
const wordBytes = 4;
const textOid = 25;
// What a batch of ordinary tables needs; a batch that needed more gives it back.
const keptBytes = 4 * 1024 * 1024;

/**
 * A parameter of type text[] in PostgreSQL's binary form: nothing is quoted here and taken apart
 * there, and the texts are bytes outside of the heap from the moment they are pushed. Source:
 * array_recv in src/backend/utils/adt/arrayfuncs.c. Made to be filled again and again.
 */
export class BinaryArray {
  #bytes = Buffer.allocUnsafe(1_024);
  #end = headerBytes;
  /** Where each element begins, with the word that says how long it is. */
  readonly #starts: number[] = [];

  get length(): number {
    return this.#starts.length;
  }

  get byteLength(): number {
    return this.#end;
  }

  /** Adds a text, well-formed and without NUL, and answers its UTF-8: valid until the next push. */
  push(text: string): Buffer {
    const size = Buffer.byteLength(text);
    const start = this.#end + wordBytes;
    this.#reserve(start + size);
    this.#bytes.writeInt32BE(size, this.#end);
    this.#bytes.write(text, start, size);
    this.#starts.push(this.#end);
    this.#end = start + size;
    return this.#bytes.subarray(start, this.#end);
  }

  /** The array of these elements, by their places in rising order: valid until the next push. */
  pick(places: readonly number[]): Buffer {
    if (places.length === this.length) {
      writeHeader(this.#bytes, places.length);
      return this.#bytes.subarray(0, this.#end);
    }
    const header = Buffer.allocUnsafe(headerBytes);
    writeHeader(header, places.length);
    return Buffer.concat([header, ...places.map((place) => this.#element(place))]);
  }

  clear(): void {
    this.#starts.length = 0;
    this.#end = headerBytes;
    if (this.#bytes.length > keptBytes) this.#bytes = Buffer.allocUnsafe(keptBytes);
  }

  #element(place: number): Buffer {
    return this.#bytes.subarray(this.#starts[place], this.#starts[place + 1] ?? this.#end);
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(size, 2 * this.#bytes.length));
    this.#bytes.copy(grown, 0, 0, this.#end);
    this.#bytes = grown;
  }
}

/** One dimension, no nulls, elements of type text, counted from 1. PostgreSQL wants none for none. */
function writeHeader(bytes: Buffer, count: number): void {
  bytes.writeInt32BE(1, 0);
  bytes.writeInt32BE(0, 4);
  bytes.writeInt32BE(textOid, 8);
  bytes.writeInt32BE(count, 12);
  bytes.writeInt32BE(1, 16);
}
