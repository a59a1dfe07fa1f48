import {
  type RoguePeer as Peer,
  type RogueServer,
  startRogue,
  type Unframe,
} from './rogue-server.ts';

interface Packet {
  readonly sequence: number;
  readonly body: Buffer;
}

export type RoguePeer = Peer<Packet>;

/** A MySQL server that does what `script` says on each connection, and nothing else. */
export function startRogueMysql(script: (peer: RoguePeer) => Promise<void>): Promise<RogueServer> {
  return startRogue(() => unframe, script);
}

const unframe: Unframe<Packet> = (bytes) => {
  const length = bytes.length >= 4 ? 4 + bytes.readUIntLE(0, 3) : Infinity;
  if (bytes.length < length) return null;
  return { message: { sequence: bytes[3] ?? 0, body: bytes.subarray(4, length) }, length };
};

/** A packet of MySQL's protocol. Strings are themselves, without terminator. */
export function packet(sequence: number, ...parts: readonly (string | Buffer | number)[]): Buffer {
  const body = Buffer.concat(
    parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part))),
  );
  return Buffer.concat([header(sequence, body.length), body]);
}

/** A header that promises `length` bytes. */
export function header(sequence: number, length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUIntLE(length, 0, 3);
  bytes[3] = sequence;
  return bytes;
}

export const scramble = 'abcdefgh12345678wxyz';
const sslFlag = 0x0800;
const plainFlags = 0x00_0a_a2_0f;

export interface GreetingOptions {
  readonly plugin?: string;
  readonly tls?: boolean;
  readonly flags?: number;
}

export function greeting(options: GreetingOptions = {}): Buffer {
  const { plugin = 'mysql_native_password', tls = false } = options;
  const flags = (options.flags ?? plainFlags) | (tls ? sslFlag : 0);
  const fixed = Buffer.alloc(31);
  fixed.writeUInt32LE(4_711, 0);
  fixed.write(scramble.slice(0, 8), 4);
  fixed.writeUInt16LE(flags & 0xffff, 13);
  fixed.writeUInt8(45, 15);
  fixed.writeUInt16LE(2, 16);
  fixed.writeUInt16LE(flags >>> 16, 18);
  fixed.writeUInt8(21, 20);
  return packet(0, 10, '8.4.3-rogue\0', fixed, `${scramble.slice(8)}\0`, `${plugin}\0`);
}

export const ok = (sequence: number, status = 2): Buffer =>
  packet(sequence, Buffer.from([0, 0, 0, status, 0, 0, 0]));

export const eof = (sequence: number, status = 2): Buffer =>
  packet(sequence, Buffer.from([0xfe, 0, 0, status, 0]));

export function serverError(sequence: number, number: number, text: string): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(number);
  return packet(sequence, 0xff, bytes, '#HY000', text);
}

export function authSwitch(sequence: number, plugin: string, data = `${scramble}\0`): Buffer {
  return packet(sequence, 0xfe, `${plugin}\0`, data);
}

function lengthEncoded(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length < 251) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const head = Buffer.alloc(4);
  head[0] = 0xfd;
  head.writeUIntLE(bytes.length, 1, 3);
  return Buffer.concat([head, bytes]);
}

export type Rows = readonly (readonly (string | null)[])[];

export function textRow(sequence: number, fields: readonly (string | null)[]): Buffer {
  const parts = fields.map((field) =>
    field === null ? Buffer.from([0xfb]) : lengthEncoded(field),
  );
  return packet(sequence & 0xff, ...parts);
}

/** What comes before the rows: the count of columns, their definitions, an end. */
export function rowsHead(columns: number): Buffer {
  const name = [lengthEncoded('def'), ...Array.from({ length: 5 }, () => lengthEncoded('x'))];
  const rest = Buffer.from([0x0c, 45, 0, 0, 1, 0, 0, 0xfd, 0, 0, 0, 0, 0]);
  const definitions = Array.from({ length: columns }, (_, n) => packet(n + 2, ...name, rest));
  return Buffer.concat([packet(1, columns), ...definitions, eof(columns + 2)]);
}

/** A whole answer. */
export function answer(rows: Rows, columns = rows[0]?.length ?? 1): Buffer {
  const first = columns + 3;
  const all = rows.map((row, n) => textRow(first + n, row));
  return Buffer.concat([rowsHead(columns), ...all, eof((first + rows.length) & 0xff)]);
}
