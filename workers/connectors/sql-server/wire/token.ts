import { ConnectionFailure } from '../../connector.ts';

/** The tokens that have a place in an answer to us: [MS-TDS], section 2.2.7. */
export const token = {
  returnStatus: 0x79,
  columns: 0x81,
  order: 0xa9,
  error: 0xaa,
  info: 0xab,
  loginAck: 0xad,
  featureAck: 0xae,
  row: 0xd1,
  rowWithNulls: 0xd2,
  change: 0xe3,
  done: 0xfd,
  doneProcedure: 0xfe,
  doneInProcedure: 0xff,
} as const;

/** Where a token ends, or how many bytes have to be there before it is worth to look again. */
export type TokenEnd = { readonly end: number } | { readonly needs: number };

// NVARCHAR, the only type that our statements ask for.
const textType = 0xe7;
const nullLength = 0xffff;
const featureEnd = 0xff;

/**
 * Where the token that begins at `at` ends, for rows of `columns` as `readColumns` read them. The
 * driver trusts the server, so that every token is measured and checked before it is shown one.
 * Throws PROTOCOL_ERROR for a token that has no place in an answer to us.
 */
export function tokenEnd(bytes: Buffer, at: number, columns: readonly TextColumn[]): TokenEnd {
  const reader = new Reader(bytes, at + 1);
  switch (bytes.readUInt8(at)) {
    case token.returnStatus:
      reader.skip(4);
      break;
    case token.done:
    case token.doneProcedure:
    case token.doneInProcedure:
      reader.skip(12);
      break;
    case token.error:
    case token.info:
    case token.loginAck:
    case token.change:
    case token.order:
      reader.skip(reader.uint16());
      break;
    case token.featureAck:
      skipFeatures(reader);
      break;
    case token.columns:
      skipColumns(reader);
      break;
    case token.row:
      for (const column of columns) skipField(reader, column);
      break;
    case token.rowWithNulls:
      skipFieldsWithNulls(reader, columns);
      break;
    default:
      return refuse();
  }
  return reader.position;
}

/** A column of NVARCHAR: of a limited length, or in chunks. */
export interface TextColumn {
  readonly inChunks: boolean;
}

/** The columns of a whole COLMETADATA token that begins at `at`. */
export function readColumns(bytes: Buffer, at: number): TextColumn[] {
  const reader = new Reader(bytes, at + 1);
  return skipColumns(reader);
}

function skipColumns(reader: Reader): TextColumn[] {
  const count = reader.uint16();
  if (count > 64) refuse();
  const columns: TextColumn[] = [];
  while (columns.length < count && !reader.ranOut) {
    // User type, flags.
    reader.skip(6);
    if (reader.uint8() !== textType && !reader.ranOut) refuse();
    columns.push({ inChunks: reader.uint16() === nullLength });
    // Collation.
    reader.skip(5);
    reader.skip(2 * reader.uint8());
  }
  return columns;
}

function skipField(reader: Reader, { inChunks }: TextColumn): void {
  if (inChunks) return skipChunks(reader);
  const length = reader.uint16();
  if (length === nullLength) return;
  if (length % 2 !== 0) refuse();
  reader.skip(length);
}

/** [MS-TDS], section 2.2.5.2.3, "Partially Length-prefixed Bytes". */
function skipChunks(reader: Reader): void {
  if (reader.uint64() === plpNull) return;
  while (!reader.ranOut) {
    const length = reader.uint32();
    if (length === 0) return;
    reader.skip(length);
  }
}

const plpNull = 0xffff_ffff_ffff_ffffn;

function skipFieldsWithNulls(reader: Reader, columns: readonly TextColumn[]): void {
  const nulls = reader.take(Math.ceil(columns.length / 8));
  columns.forEach((column, n) => {
    const isNull = ((nulls[n >> 3] ?? 0) & (1 << (n & 7))) !== 0;
    if (!isNull) skipField(reader, column);
  });
}

function skipFeatures(reader: Reader): void {
  while (!reader.ranOut && reader.uint8() !== featureEnd) reader.skip(reader.uint32());
}

/** Reads forward; beyond the end everything is 0, and `position` says how much is missing. */
class Reader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get ranOut(): boolean {
    return this.#at > this.#bytes.length;
  }

  get position(): TokenEnd {
    return this.ranOut ? { needs: this.#at } : { end: this.#at };
  }

  skip(length: number): void {
    this.#at += length;
  }

  take(length: number): Buffer {
    const from = this.#at;
    this.#at += length;
    return this.#bytes.subarray(from, this.#at);
  }

  uint8(): number {
    return this.#take(1)?.readUInt8() ?? 0;
  }

  uint16(): number {
    return this.#take(2)?.readUInt16LE() ?? 0;
  }

  uint32(): number {
    return this.#take(4)?.readUInt32LE() ?? 0;
  }

  uint64(): bigint {
    return this.#take(8)?.readBigUInt64LE() ?? 0n;
  }

  #take(length: number): Buffer | null {
    const taken = this.take(length);
    return taken.length === length ? taken : null;
  }
}

function refuse(): never {
  throw new ConnectionFailure('PROTOCOL_ERROR');
}
