import { ConnectionFailure } from '../../connector.ts';
import type { WireLimits } from '../../limits.ts';
import { type ExpectedAnswer, type Shown, SignInTokens, StatementTokens } from './answer-order.ts';
import { headerBytes, packetAt, packetType, toPackets } from './packet.ts';
import { tokenEnd } from './token.ts';

const nothing: ExpectedAnswer = { rows: 0, columns: 0 };
const isLastOfMessage = 0x01;

/**
 * Lets through what the server may say now, token by token, and nothing else: everything that the
 * driver would believe passes here first. It would follow a routing to any address, send packets of
 * any size that a server asks for, and hold a row of any length.
 * Throws ConnectionFailure: PROTOCOL_ERROR, LIMIT_EXCEEDED, REDIRECT_REFUSED.
 */
export class TokenGate {
  /** All bytes that came in, for the limits of a whole read. */
  receivedBytes = 0;
  /** Numbers of the errors that the last answer had, in the server's order. */
  errors: readonly number[] = [];

  readonly #limits: WireLimits;
  #packets: Buffer = Buffer.alloc(0);
  #tokens: Buffer = Buffer.alloc(0);
  #needs = 0;
  #answer: SignInTokens | StatementTokens | null = null;
  #expected = nothing;
  #isCancelled = false;
  #chatterBytes = 0;
  #answerBytes = 0;

  constructor(limits: WireLimits) {
    this.#limits = limits;
  }

  /** Opens the gate for one answer, to what the driver sends next. */
  expect(answer: ExpectedAnswer): void {
    this.#expected = answer;
  }

  /** Takes note of a packet that the driver sends. */
  outgoing(packet: Buffer): void {
    if (((packet[1] ?? 0) & isLastOfMessage) === 0) return;
    if (packet[0] === packetType.attention) {
      this.#isCancelled = true;
      return;
    }
    const isSignIn = packet[0] === packetType.login;
    this.#answer = isSignIn ? new SignInTokens() : new StatementTokens(this.#expected);
    this.#expected = nothing;
    this.#chatterBytes = 0;
    this.#answerBytes = 0;
    this.errors = [];
  }

  /** What `chunk` completes, in packets again; may be empty. */
  pass(chunk: Buffer): Buffer {
    this.receivedBytes += chunk.length;
    this.#packets = this.#packets.length === 0 ? chunk : Buffer.concat([this.#packets, chunk]);
    const shown: Buffer[] = [];
    let at = 0;
    for (let packet = packetAt(this.#packets, at); packet; packet = packetAt(this.#packets, at)) {
      at += headerBytes + packet.payload.length;
      if (packet.type !== packetType.answer) refuse();
      const tokens = this.#passTokens(packet.payload);
      if (packet.isLast) this.#endMessage();
      if (packet.isLast || tokens.length > 0) {
        shown.push(toPackets(packetType.answer, tokens, packet.isLast, 65_535));
      }
    }
    this.#packets = this.#packets.subarray(at);
    return Buffer.concat(shown);
  }

  #passTokens(payload: Buffer): Buffer {
    // Nobody asked for anything.
    const answer = this.#answer ?? refuse();
    this.#answerBytes += payload.length;
    if (this.#answerBytes > this.#limits.maxAnswerBytes) exceeded();
    this.#tokens = this.#tokens.length === 0 ? payload : Buffer.concat([this.#tokens, payload]);
    const shown: Buffer[] = [];
    let at = 0;
    while (at < this.#tokens.length && this.#tokens.length >= this.#needs) {
      const end = tokenEnd(this.#tokens, at, answer.columns);
      if ('needs' in end) {
        this.#checkRoom(at, end.needs);
        this.#needs = end.needs - at;
        break;
      }
      this.#needs = 0;
      this.#checkRoom(at, end.end);
      const whole = this.#tokens.subarray(at, end.end);
      if (this.#show(answer, whole)) shown.push(whole);
      at = end.end;
    }
    this.#tokens = this.#tokens.subarray(at);
    return Buffer.concat(shown);
  }

  #show(answer: SignInTokens | StatementTokens, whole: Buffer): boolean {
    const shown: Shown = answer.check(whole);
    if (shown === 'row') return true;
    this.#chatterBytes += whole.length;
    if (this.#chatterBytes > this.#limits.maxChatterBytes) exceeded();
    this.errors = answer.errors;
    return shown === 'yes';
  }

  /** Refused by what a token says of its length, before the rest of it is waited for. */
  #checkRoom(at: number, end: number): void {
    if (end - at > this.#limits.maxRowBytes) exceeded();
  }

  #endMessage(): void {
    if (this.#tokens.length > 0 || !this.#answer?.isComplete) refuse();
    // One message ends what was cancelled, another one acknowledges that it was.
    this.#answer = this.#isCancelled ? new StatementTokens(nothing) : null;
    this.#isCancelled = false;
  }
}

function refuse(): never {
  throw new ConnectionFailure('PROTOCOL_ERROR');
}

function exceeded(): never {
  throw new ConnectionFailure('LIMIT_EXCEEDED');
}
