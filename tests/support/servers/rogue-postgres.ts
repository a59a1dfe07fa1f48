import {
  type RoguePeer as Peer,
  type RogueServer,
  startRogue,
  type Unframe,
} from './rogue-server.ts';

/** Startup packets have type ''. */
interface Message {
  readonly type: string;
  readonly body: Buffer;
}

export type RoguePeer = Peer<Message>;

/** A PostgreSQL server that does what `script` says on each connection, and nothing else. */
export function startRoguePostgres(
  script: (peer: RoguePeer) => Promise<void>,
): Promise<RogueServer> {
  return startRogue(newUnframe, script);
}

function newUnframe(): Unframe<Message> {
  let started = false;
  return (bytes) => {
    const header = started ? 1 : 0;
    const length = bytes.length >= header + 4 ? header + bytes.readInt32BE(header) : Infinity;
    if (bytes.length < length) return null;
    const type = bytes.toString('latin1', 0, header);
    const body = bytes.subarray(header + 4, length);
    // An SSLRequest or a CancelRequest is not the startup packet; their codes begin with 1234.
    if (!started) started = body.readInt16BE(0) !== 1_234;
    return { message: { type, body }, length };
  };
}

/** A message of the PostgreSQL protocol. */
export function message(type: string, ...parts: readonly (string | number | Buffer)[]): Buffer {
  const body = Buffer.concat(parts.map(encode));
  const header = Buffer.from(`${type}____`);
  header.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

/** A header that promises `length` bytes. */
export function header(type: string, length: number): Buffer {
  const bytes = Buffer.from(`${type}____`, 'latin1');
  bytes.writeUInt32BE(length >>> 0, 1);
  return bytes;
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** Numbers are int32, strings are zero-terminated, buffers are themselves. */
function encode(part: string | number | Buffer): Buffer {
  if (typeof part === 'number') return int32(part);
  return typeof part === 'string' ? Buffer.from(`${part}\0`) : part;
}

export const ask = {
  ok: message('R', 0),
  cleartext: message('R', 3),
  md5: message('R', 5, Buffer.from('salt')),
  scram: message('R', 10, 'SCRAM-SHA-256', Buffer.from([0])),
} as const;

export const ready = message('Z', Buffer.from('I'));
export const keyData = message('K', 4_711, 815);

export function dataRow(fields: readonly (string | null)[]): Buffer {
  const parts = fields.flatMap((field) => {
    if (field === null) return [int32(-1)];
    const bytes = Buffer.from(field);
    return [int32(bytes.length), bytes];
  });
  return message('D', int16(fields.length), ...parts);
}

export function complete(tag: string): Buffer {
  return message('C', tag);
}

export function serverError(sqlState: string, text: string, type: 'E' | 'N' = 'E'): Buffer {
  const severity = type === 'E' ? 'FATAL' : 'NOTICE';
  return message(type, `S${severity}`, `C${sqlState}`, `M${text}`, Buffer.from([0]));
}
