import { ConnectionFailure } from '../../connector.ts';
import { capability, charsetNumber, required } from './capabilities.ts';
import { failureOfErrorPacket } from '../failures.ts';

/** What a server says before anybody has said anything. */
export interface Greeting {
  readonly threadId: number;
  readonly offersTls: boolean;
  readonly scramble: Buffer;
  readonly plugin: string;
}

export const headerBytes = 4;
const maxGreetingBytes = 1_024;
const scrambleBytes = 20;

/**
 * The whole greeting that `bytes` are, or null while it has not all come.
 * Throws PROTOCOL_ERROR for what is none, and the code of an error that comes in its place, such as
 * TOO_MANY_CONNECTIONS. Layout: MySQL internals manual, "Protocol::HandshakeV10".
 */
export function parseGreeting(bytes: Buffer, encrypted: boolean): Greeting | null {
  if (bytes.length < headerBytes) return null;
  const length = bytes.readUIntLE(0, 3);
  if (length === 0 || length > maxGreetingBytes || bytes[3] !== 0) refuse();
  // Nothing may follow: it would be taken for a part of the encrypted session.
  if (bytes.length > headerBytes + length) refuse();
  if (bytes.length < headerBytes + length) return null;
  const body = bytes.subarray(headerBytes);
  if (body[0] === 0xff) throw failureOfErrorPacket(body, { signingIn: true, encrypted });
  if (body[0] !== 10) refuse();
  const versionEnd = body.indexOf(0, 1);
  // Thread, first part of the scramble, flags, filler, second part, its filler.
  if (versionEnd === -1 || body.length < versionEnd + 32 + 13) refuse();
  const at = versionEnd + 1;
  const flags = body.readUInt16LE(at + 13) + body.readUInt16LE(at + 18) * 0x10000;
  if ((flags & required) !== required) refuse();
  const scrambleEnd = at + 31 + Math.max(13, (body[at + 20] ?? 0) - 8);
  const pluginEnd = body.indexOf(0, scrambleEnd);
  return {
    threadId: body.readUInt32LE(at),
    offersTls: (flags & capability.SSL) !== 0,
    scramble: Buffer.concat([body.subarray(at + 4, at + 12), body.subarray(at + 31, at + 43)]),
    // Some old servers leave out the terminator.
    plugin: body.toString('latin1', scrambleEnd, pluginEnd === -1 ? undefined : pluginEnd),
  };
}

/**
 * The greeting for the driver: ours, from checked parts. It offers nothing but signing in, whatever
 * the server's own offered.
 */
export function greetingForDriver({ scramble, plugin, threadId }: Greeting): Buffer {
  const fixed = Buffer.alloc(31);
  const flags = (required | capability.LONG_PASSWORD | capability.TRANSACTIONS) >>> 0;
  fixed.writeUInt32LE(threadId, 0);
  scramble.copy(fixed, 4, 0, 8);
  fixed.writeUInt16LE(flags & 0xffff, 13);
  fixed.writeUInt8(charsetNumber, 15);
  fixed.writeUInt16LE(2, 16);
  fixed.writeUInt16LE(flags >>> 16, 18);
  fixed.writeUInt8(scrambleBytes + 1, 20);
  const body = Buffer.concat([
    Buffer.from('\x0abasekeep\0', 'latin1'),
    fixed,
    scramble.subarray(8),
    Buffer.from(`\0${plugin}\0`, 'latin1'),
  ]);
  const header = Buffer.alloc(headerBytes);
  header.writeUIntLE(body.length, 0, 3);
  return Buffer.concat([header, body]);
}

function refuse(): never {
  throw new ConnectionFailure('PROTOCOL_ERROR');
}
