import { ConnectionFailure } from '../../connector.ts';

/** Packet types: [MS-TDS], section 2.2.3.1.1. */
export const packetType = {
  batch: 0x01,
  rpc: 0x03,
  answer: 0x04,
  attention: 0x06,
  login: 0x10,
  prelogin: 0x12,
} as const;

export const headerBytes = 8;
/** A server may not choose a packet size above this. [MS-TDS], section 2.2.6.4. */
const maxPacketBytes = 32_767;
const endOfMessage = 0x01;

export interface Packet {
  readonly type: number;
  readonly isLast: boolean;
  readonly payload: Buffer;
}

/**
 * The packet that begins at `at`, or null while it has not all come.
 * Throws PROTOCOL_ERROR for a length that no packet has, before it is waited for.
 */
export function packetAt(bytes: Buffer, at: number): Packet | null {
  if (bytes.length < at + headerBytes) return null;
  const length = bytes.readUInt16BE(at + 2);
  if (length < headerBytes || length > maxPacketBytes) {
    throw new ConnectionFailure('PROTOCOL_ERROR');
  }
  if (bytes.length < at + length) return null;
  return {
    type: bytes.readUInt8(at),
    isLast: (bytes.readUInt8(at + 1) & endOfMessage) !== 0,
    payload: bytes.subarray(at + headerBytes, at + length),
  };
}

/** A message as the packets that it takes, each of at most `packetBytes`. */
export function toPackets(type: number, payload: Buffer, isWhole: boolean, packetBytes = 4_096) {
  const room = packetBytes - headerBytes;
  const packets: Buffer[] = [];
  let at = 0;
  do {
    const part = payload.subarray(at, at + room);
    at += part.length;
    const header = Buffer.alloc(headerBytes);
    header.writeUInt8(type, 0);
    header.writeUInt8(isWhole && at >= payload.length ? endOfMessage : 0, 1);
    header.writeUInt16BE(headerBytes + part.length, 2);
    header.writeUInt8((packets.length + 1) & 0xff, 6);
    packets.push(header, part);
  } while (at < payload.length);
  return Buffer.concat(packets);
}
