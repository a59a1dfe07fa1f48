/** Tokens as a server writes them: [MS-TDS], section 2.2.7. */

export const status = { more: 0x01, error: 0x02, count: 0x10, attention: 0x20 };

export type Rows = readonly (readonly (string | null)[])[];

/** Of an NVARCHAR column: 4,000 characters at most, or any number, which is then sent in chunks. */
export type ColumnLength = 'limited' | 'max';

export function done(flags = 0, rows = 0, token = 0xfd): Buffer {
  const bytes = Buffer.alloc(13);
  bytes.writeUInt8(token, 0);
  bytes.writeUInt16LE(flags, 1);
  bytes.writeUInt16LE(0xc1, 3);
  bytes.writeBigUInt64LE(BigInt(rows), 5);
  return bytes;
}

export const doneInProcedure = (rows: number): Buffer =>
  done(status.more | status.count, rows, 0xff);
export const doneProcedure = (flags = 0): Buffer => done(flags, 0, 0xfe);
export const returnStatus = (): Buffer => Buffer.from([0x79, 0, 0, 0, 0]);

export function serverError(number: number, text: string, token = 0xaa): Buffer {
  const head = Buffer.alloc(6);
  head.writeInt32LE(number, 0);
  head.writeUInt8(1, 4);
  head.writeUInt8(14, 5);
  const line = Buffer.alloc(4);
  return sized(token, [head, longText(text), shortText('stand-in'), shortText(''), line]);
}

export const information = (number: number, text: string): Buffer =>
  serverError(number, text, 0xab);

/** ENVCHANGE between two texts: 1 the database, 2 the language, 4 the size of packets. */
export function change(type: number, to: string, from: string): Buffer {
  return sized(0xe3, [Buffer.from([type]), shortText(to), shortText(from)]);
}

/** ENVCHANGE 20: the client is to go on elsewhere. */
export function routing(host: string, port: number): Buffer {
  const name = Buffer.from(host, 'utf16le');
  const head = Buffer.alloc(8);
  head.writeUInt8(20, 0);
  head.writeUInt16LE(name.length + 5, 1);
  head.writeUInt8(0, 3);
  head.writeUInt16LE(port, 4);
  head.writeUInt16LE(host.length, 6);
  return sized(0xe3, [head, name, Buffer.alloc(2)]);
}

export function loginAck(version = 0x7400_0004): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(1, 0);
  head.writeUInt32BE(version, 1);
  return sized(0xad, [head, shortText('Microsoft SQL Server'), Buffer.from([16, 0, 0x10, 0x27])]);
}

/** That the server can do UTF-8, which clients ask for. */
export const featureAck = (): Buffer => Buffer.from([0xae, 0x0a, 1, 0, 0, 0, 1, 0xff]);

export function columns(lengths: readonly ColumnLength[], type = 0xe7): Buffer {
  const count = Buffer.alloc(3);
  count.writeUInt8(0x81, 0);
  count.writeUInt16LE(lengths.length, 1);
  const each = lengths.map((length) => {
    const bytes = Buffer.alloc(14);
    bytes.writeUInt16LE(0x09, 4);
    bytes.writeUInt8(type, 6);
    bytes.writeUInt16LE(length === 'max' ? 0xffff : 8_000, 7);
    // Latin1_General, case-insensitive.
    bytes.set([0x09, 0x04, 0xd0, 0x00, 0x34], 9);
    return Buffer.concat([bytes.subarray(0, 14), shortText('')]);
  });
  return Buffer.concat([count, ...each]);
}

/** A row; in the shorter form that leaves nulls out, when it has any. */
export function row(fields: readonly (string | null)[], lengths: readonly ColumnLength[]): Buffer {
  const nulls = Buffer.alloc(Math.ceil(fields.length / 8));
  fields.forEach((field, n) => {
    if (field === null) nulls[n >> 3] = (nulls[n >> 3] ?? 0) | (1 << (n & 7));
  });
  const values = fields.map((field, n) => (field === null ? empty : value(field, lengths[n])));
  return fields.includes(null)
    ? Buffer.concat([Buffer.from([0xd2]), nulls, ...values])
    : Buffer.concat([Buffer.from([0xd1]), ...values]);
}

const empty = Buffer.alloc(0);

function value(text: string, length: ColumnLength | undefined): Buffer {
  const bytes = Buffer.from(text, 'utf16le');
  if (length !== 'max') return Buffer.concat([uint16(bytes.length), bytes]);
  const head = Buffer.alloc(12);
  head.writeBigUInt64LE(BigInt(bytes.length), 0);
  head.writeUInt32LE(bytes.length, 8);
  const end = bytes.length > 0 ? Buffer.alloc(4) : empty;
  return Buffer.concat([head, bytes, end]);
}

function sized(token: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([token]), uint16(body.length), body]);
}

const longText = (text: string): Buffer =>
  Buffer.concat([uint16(text.length), Buffer.from(text, 'utf16le')]);
const shortText = (text: string): Buffer =>
  Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'utf16le')]);

function uint16(number: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(number);
  return bytes;
}
