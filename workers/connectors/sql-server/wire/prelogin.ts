import { ConnectionFailure } from '../../connector.ts';
import { packetAt, packetType, toPackets } from './packet.ts';

// [MS-TDS], section 2.2.6.5.
const option = { version: 0x00, encryption: 0x01, instance: 0x02, thread: 0x03, mars: 0x04 };
const terminator = 0xff;
const encryption = { off: 0x00, on: 0x01, notSupported: 0x02, required: 0x03 };
const maxPreloginBytes = 4_096;
const optionBytes = 5;

/** Whether a server encrypts everything, or nothing. Encryption of the sign-in alone is not used. */
export interface Prelogin {
  readonly encrypts: boolean;
}

/** The first message of a connection: with TLS, or without any. Nothing of it is about us. */
export function preloginRequest(encrypted: boolean): Buffer {
  return message(packetType.prelogin, encrypted ? encryption.on : encryption.notSupported);
}

/** What the driver is told instead of the server's answer: TLS is done, and no concern of its own. */
export function preloginForDriver(): Buffer {
  return message(packetType.answer, encryption.notSupported);
}

/**
 * The whole answer that `bytes` are, or null while it has not all come.
 * Throws PROTOCOL_ERROR for what is none.
 */
export function parsePrelogin(bytes: Buffer): Prelogin | null {
  if (bytes.length > 0 && bytes[0] !== packetType.answer) refuse();
  const packet = packetAt(bytes, 0);
  if (!packet) return null;
  const { payload, isLast } = packet;
  // Nothing may follow: it would be taken for a part of the encrypted session.
  if (!isLast || payload.length + 8 < bytes.length || payload.length > maxPreloginBytes) refuse();
  const answer = optionsOf(payload).get(option.encryption);
  if (answer?.length !== 1) refuse();
  switch (answer.readUInt8(0)) {
    case encryption.on:
    case encryption.required:
      return { encrypts: true };
    case encryption.off:
    case encryption.notSupported:
      return { encrypts: false };
    default:
      return refuse();
  }
}

function message(type: number, encrypts: number): Buffer {
  const options: [number, Buffer][] = [
    [option.version, Buffer.alloc(6)],
    [option.encryption, Buffer.from([encrypts])],
    [option.instance, Buffer.alloc(1)],
    [option.thread, Buffer.alloc(4)],
    [option.mars, Buffer.alloc(1)],
  ];
  const head = Buffer.alloc(optionBytes * options.length + 1, terminator);
  let dataAt = head.length;
  options.forEach(([token, data], n) => {
    head.writeUInt8(token, n * optionBytes);
    head.writeUInt16BE(dataAt, n * optionBytes + 1);
    head.writeUInt16BE(data.length, n * optionBytes + 3);
    dataAt += data.length;
  });
  return toPackets(type, Buffer.concat([head, ...options.map(([, data]) => data)]), true);
}

function optionsOf(payload: Buffer): Map<number, Buffer> {
  const options = new Map<number, Buffer>();
  for (let at = 0; payload[at] !== terminator; at += optionBytes) {
    if (payload.length < at + optionBytes) refuse();
    const token = payload.readUInt8(at);
    const from = payload.readUInt16BE(at + 1);
    const to = from + payload.readUInt16BE(at + 3);
    if (to > payload.length || options.has(token)) refuse();
    options.set(token, payload.subarray(from, to));
  }
  return options;
}

function refuse(): never {
  throw new ConnectionFailure('PROTOCOL_ERROR');
}
