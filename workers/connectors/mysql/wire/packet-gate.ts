import type { Holding } from '../../../memory/holding.ts';
import { ConnectionFailure } from '../../connector.ts';
import { parseErrorPacket } from '../failures.ts';
import { type Greeting, headerBytes } from './greeting.ts';
import type { WireLimits } from '../../limits.ts';
import { isColumnDefinition, isTextRow, statusOfOk } from './packet-shape.ts';
import { SignInOrder } from './sign-in-order.ts';

type State = 'signing in' | 'idle' | 'head' | 'columns' | 'after columns' | 'rows';

const maxPacket = 0xff_ff_ff;
const maxColumns = 32;
/** SERVER_MORE_RESULTS_EXISTS: an answer to a question that nobody asked. */
const moreResults = 0x0008;

/**
 * Lets through the server's packets that are whole, in order, well formed, expected now and within
 * the limits, and nothing else. Everything the driver would believe passes here first. Requests for
 * files of ours, further results and packets split at 16 MiB have no place in it.
 * Throws ConnectionFailure: PROTOCOL_ERROR, TLS_REQUIRED, AUTHENTICATION_FAILED, LIMIT_EXCEEDED.
 */
export class PacketGate {
  /** All bytes that came in, for the limits of a whole read. */
  receivedBytes = 0;
  /** The error that the last answer was, as the server put it. */
  lastError: Error | null = null;

  readonly #limits: WireLimits;
  readonly #order: SignInOrder;
  /** The request for TLS was a packet that the driver does not know of. */
  readonly #shift: number;
  #state: State = 'signing in';
  #sequence: number;
  #columns = 0;
  #columnsLeft = 0;
  #rowsLeft = 0;
  #answerBytes = 0;
  /** The packet that has begun: the first `#heldBytes` of a buffer with room to grow. */
  #held = Buffer.alloc(0);
  #heldBytes = 0;
  readonly #memory: Holding | undefined;

  constructor(limits: WireLimits, encrypted: boolean, greeting: Greeting, memory?: Holding) {
    this.#memory = memory;
    this.#limits = limits;
    this.#order = new SignInOrder(encrypted, greeting.plugin);
    this.#shift = encrypted ? 1 : 0;
    this.#sequence = 2 + this.#shift;
  }

  /** Whether a packet has begun and not ended. */
  get midPacket(): boolean {
    return this.#heldBytes > 0;
  }

  /** Opens the gate for one answer of at most `rows` rows. */
  expectAnswer(rows: number): void {
    this.#state = 'head';
    this.#sequence = 1;
    this.#rowsLeft = rows;
    this.#answerBytes = 0;
    this.lastError = null;
  }

  /** Numbers a packet of the driver's as the server expects it. */
  outgoing(packet: Buffer): Buffer {
    if (this.#state !== 'signing in') return packet;
    const sequence = (packet[3] ?? 0) + this.#shift;
    this.#sequence = (sequence + 1) & 0xff;
    packet[3] = sequence & 0xff;
    return packet;
  }

  /** The whole packets that `chunk` completes, as one stretch of bytes; may be empty. */
  pass(chunk: Buffer): Buffer {
    this.receivedBytes += chunk.length;
    const bytes = this.#heldBytes === 0 ? chunk : this.#join(chunk);
    let at = 0;
    while (at + headerBytes <= bytes.length) {
      const length = bytes.readUIntLE(at, 3);
      // Refused by the header alone, before the rest of it is waited for.
      this.#checkSize(length);
      const start = at + headerBytes;
      if (start + length > bytes.length) break;
      this.#checkSequence(bytes, at);
      this.#checkTurn(bytes, start, start + length);
      at = start + length;
    }
    if (at > 0 || this.#heldBytes === 0) this.#held = Buffer.from(bytes.subarray(at));
    this.#heldBytes = bytes.length - at;
    this.#memory?.set(this, this.#held.length);
    return bytes.subarray(0, at);
  }

  #join(chunk: Buffer): Buffer {
    const length = this.#heldBytes + chunk.length;
    if (length > this.#held.length) {
      const grown = Buffer.allocUnsafe(Math.max(length, 2 * this.#held.length));
      this.#held.copy(grown, 0, 0, this.#heldBytes);
      this.#held = grown;
    }
    chunk.copy(this.#held, this.#heldBytes);
    return this.#held.subarray(0, length);
  }

  #checkSize(length: number): void {
    if (length === 0) refuse();
    if (this.#state === 'rows') {
      if (length > this.#limits.maxRowBytes || length === maxPacket) exceeded();
    } else if (length > this.#limits.maxChatterBytes) refuse();
  }

  #checkSequence(bytes: Buffer, at: number): void {
    if (bytes[at + 3] !== this.#sequence) refuse();
    if (this.#state === 'signing in') bytes[at + 3] = this.#sequence - this.#shift;
    this.#sequence = (this.#sequence + 1) & 0xff;
  }

  #checkTurn(bytes: Buffer, start: number, end: number): void {
    this.#answerBytes += end - start + headerBytes;
    if (this.#answerBytes > this.#limits.maxAnswerBytes) exceeded();
    const marker = bytes[start];
    if (marker === 0xff && this.#state !== 'columns') {
      this.#endWithError(bytes.subarray(start, end));
      return;
    }
    switch (this.#state) {
      case 'signing in':
        if (this.#order.check(bytes.subarray(start, end))) this.#state = 'idle';
        return;
      case 'idle':
        return refuse();
      case 'head':
        return this.#checkHead(bytes.subarray(start, end));
      case 'columns':
        if (!isColumnDefinition(bytes, start, end)) refuse();
        this.#columnsLeft -= 1;
        if (this.#columnsLeft === 0) this.#state = 'after columns';
        return;
      case 'after columns':
        if (!isEof(bytes, start, end)) refuse();
        this.#state = 'rows';
        return;
      case 'rows':
        return this.#checkRow(bytes, start, end);
    }
  }

  #endWithError(body: Buffer): void {
    // Nobody asked: the server ends the session, because of a timeout of its own or a kill.
    if (this.#state === 'idle') throw new ConnectionFailure('CONNECTION_LOST');
    this.lastError = parseErrorPacket(body);
    // MySQL's driver reads a number and a state from it; without them it has no error to report.
    if (this.lastError instanceof ConnectionFailure) throw this.lastError;
    this.#state = this.#state === 'signing in' ? 'signing in' : 'idle';
  }

  #checkHead(body: Buffer): void {
    const marker = body[0] ?? 0;
    if (marker === 0) {
      const status = statusOfOk(body);
      if (status === null || (status & moreResults) !== 0) refuse();
      this.#state = 'idle';
      return;
    }
    // A count of columns, in one byte. 0xfb would be the request for a file of ours.
    if (body.length !== 1 || marker > maxColumns) refuse();
    this.#columns = marker;
    this.#columnsLeft = marker;
    this.#state = 'columns';
  }

  #checkRow(bytes: Buffer, start: number, end: number): void {
    if (isEof(bytes, start, end)) {
      this.#state = 'idle';
      return;
    }
    if (this.#rowsLeft === 0) refuse();
    this.#rowsLeft -= 1;
    if (!isTextRow(bytes, start, end, this.#columns)) refuse();
  }
}

/** The end of columns or rows: 0xfe, warnings, status; and no further result may follow. */
function isEof(bytes: Buffer, start: number, end: number): boolean {
  if (bytes[start] !== 0xfe || end - start !== 5) return false;
  if ((bytes.readUInt16LE(start + 3) & moreResults) !== 0) refuse();
  return true;
}

function refuse(): never {
  throw new ConnectionFailure('PROTOCOL_ERROR');
}

function exceeded(): never {
  throw new ConnectionFailure('LIMIT_EXCEEDED');
}
