import { ConnectionFailure } from '../../connector.ts';

/*
 * TNS, the packets below everything that an Oracle server says. Oracle has not published it; the
 * source of every offset here is Oracle's own driver, node-oracledb 26.0.0, lib/thin/sqlnet.
 */

export const packetType = {
  connect: 1,
  accept: 2,
  refuse: 4,
  redirect: 5,
  data: 6,
  resend: 11,
  marker: 12,
  control: 14,
} as const;

const headerBytes = 8;
/** What servers send. */
const fromServers: ReadonlySet<number> = new Set(
  Object.values(packetType).filter((type) => type !== packetType.connect),
);
/** Where the fields of a header and of a data packet are. */
export const at = { type: 4, flags: 5, data: 10 } as const;
/** The largest packet that the driver asks for has 8,192 bytes; no older one could have more than this. */
const maxPacketBytes = 65_535;

export interface Packet {
  readonly type: number;
  readonly flags: number;
  /** All of it, with its header. */
  readonly bytes: Buffer;
}

/**
 * The packet that begins at `from`, or null while it has not all come. Lengths have four bytes after
 * the server has accepted, and two before that.
 * Throws PROTOCOL_ERROR for a length that no packet has and for a type that no server sends, before the
 * rest is waited for.
 */
export function packetAt(bytes: Buffer, from: number, lengthBytes: 2 | 4): Packet | null {
  if (bytes.length < from + headerBytes) return null;
  const length = bytes.readUIntBE(from, lengthBytes);
  const type = bytes.readUInt8(from + at.type);
  if (length < headerBytes || length > maxPacketBytes || !fromServers.has(type)) {
    throw new ConnectionFailure('PROTOCOL_ERROR');
  }
  if (bytes.length < from + length) return null;
  const whole = bytes.subarray(from, from + length);
  return { type, flags: whole.readUInt8(at.flags), bytes: whole };
}

/** What asks a server to stop what it is busy with. As the driver's `sendBreak` writes it. */
export const breakPacket = Buffer.from([0, 0, 0, 11, packetType.marker, 0, 0, 0, 1, 0, 3]);
