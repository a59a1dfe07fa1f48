import type { Holding } from '../../../memory/holding.ts';
import { ConnectionFailure } from '../../connector.ts';
import type { OracleLimits } from '../limits.ts';
import { at, type Packet, packetAt, packetType } from './packet.ts';
import { refusalOf, refusalTextAt } from './refusal.ts';

/** What is to be done with a packet of the server's. */
export interface Passed {
  readonly bytes: Buffer;
  /** The server begins TLS anew, before anything else is said. */
  readonly encryptsAnew: boolean;
}

/**
 * What the driver makes of a byte, which it queues in packets and then turns into rows: 500 MB were seen
 * for 32 MiB of short fields.
 */
const costOfByte = 12;

// Of an accept packet.
const acceptBytes = 41;
const [acceptedVersionAt, compressionAt] = [8, 40];
/** Oracle Database 12.1: the oldest that the driver speaks with, and the first with long lengths. */
const oldestVersion = 315;
const compressionOn = 0x80;
/** Of a resend packet: the listener has handed the socket on to a process that knows no TLS state. */
const encryptAnew = 0x08;
const maxResends = 3;

/** The fewest bytes of each packet that the driver reads without looking. */
const leastBytes = new Map<number, number>([
  [packetType.data, at.data],
  [packetType.marker, 11],
  [packetType.control, 12],
]);

/**
 * Lets through what the server may say now, packet by packet. The driver would follow a redirection to
 * any address, past the guard, and queue without end what a server sends.
 * Throws ConnectionFailure: REDIRECT_REFUSED, LIMIT_EXCEEDED, PROTOCOL_ERROR, TLS_REQUIRED, and what a
 * refusal means.
 */
export class PacketGate {
  /** All bytes that came in, for the limits of a whole read. */
  receivedBytes = 0;

  readonly #limits: Pick<OracleLimits, 'maxAnswerBytes'>;
  readonly #encrypted: boolean;
  readonly #memory: Holding | undefined;
  #held: Buffer = Buffer.alloc(0);
  #stage: 'connecting' | 'refused' | 'accepted' = 'connecting';
  #resends = 0;
  #answerBytes = 0;

  constructor(limits: Pick<OracleLimits, 'maxAnswerBytes'>, encrypted: boolean, memory?: Holding) {
    this.#memory = memory;
    this.#limits = limits;
    this.#encrypted = encrypted;
  }

  get isAccepted(): boolean {
    return this.#stage === 'accepted';
  }

  /** Takes note of what the driver sends: an answer to it begins. */
  outgoing(): void {
    this.#answerBytes = 0;
  }

  /** The packets that `chunk` completes; may be none. */
  pass(chunk: Buffer): Passed[] {
    this.receivedBytes += chunk.length;
    this.#answerBytes += chunk.length;
    if (this.#answerBytes > this.#limits.maxAnswerBytes) {
      throw new ConnectionFailure('LIMIT_EXCEEDED');
    }
    // The driver queues all of it, and makes rows of it when it is complete.
    this.#memory?.set(this, costOfByte * this.#answerBytes);
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    if (!this.#encrypted && this.#stage === 'connecting') refuseAlert(this.#held);
    const passed: Passed[] = [];
    let from = 0;
    for (;;) {
      const packet = packetAt(this.#held, from, this.isAccepted ? 4 : 2);
      if (!packet) break;
      from += packet.bytes.length;
      const next = this.#judge(packet);
      if (next) passed.push(next);
      // Nobody has anything to say in the clear any more.
      if (next?.encryptsAnew && from < this.#held.length) refuse();
    }
    this.#held = this.#held.subarray(from);
    return passed;
  }

  #judge(packet: Packet): Passed | null {
    if (packet.type === packetType.redirect) throw new ConnectionFailure('REDIRECT_REFUSED');
    switch (this.#stage) {
      case 'connecting':
        return this.#connecting(packet);
      case 'refused':
        if (packet.type !== packetType.data) refuse();
        throw refusalOf(packet.bytes.subarray(at.data));
      case 'accepted': {
        const least = leastBytes.get(packet.type);
        if (least === undefined || packet.bytes.length < least) refuse();
        return { bytes: packet.bytes, encryptsAnew: false };
      }
    }
  }

  #connecting({ type, flags, bytes }: Packet): Passed | null {
    if (type === packetType.accept) {
      checkAccept(bytes);
      this.#stage = 'accepted';
      return { bytes, encryptsAnew: false };
    }
    if (type === packetType.refuse) {
      if (bytes.length > refusalTextAt) throw refusalOf(bytes.subarray(refusalTextAt));
      this.#stage = 'refused';
      return null;
    }
    this.#resends += 1;
    if (type !== packetType.resend || this.#resends > maxResends) refuse();
    const encryptsAnew = (flags & encryptAnew) !== 0;
    if (encryptsAnew && !this.#encrypted) refuse();
    // The driver knows nothing of TLS, which it would otherwise begin over loopback.
    const plain = Buffer.from(bytes);
    plain.writeUInt8(flags & ~encryptAnew, at.flags);
    return { bytes: plain, encryptsAnew };
  }
}

function checkAccept(bytes: Buffer): void {
  if (bytes.length < acceptBytes) refuse();
  if (bytes.readUInt16BE(acceptedVersionAt) < oldestVersion) refuse();
  // We have not asked for it, and a packet of zeros becomes any number of them.
  if (bytes.readUInt8(compressionAt) & compressionOn) refuse();
}

/** A port that speaks TLS answers what is none with an alert: RFC 8446, section 5.1. */
function refuseAlert(bytes: Buffer): void {
  if (bytes[0] === 0x15 && bytes[1] === 0x03) throw new ConnectionFailure('TLS_REQUIRED');
}

function refuse(): never {
  throw new ConnectionFailure('PROTOCOL_ERROR');
}
