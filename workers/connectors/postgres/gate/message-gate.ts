import { costOfRow } from '../../../memory/costs.ts';
import type { AnswerHolding, LastAnswers } from '../../../memory/last-answers.ts';
import { ConnectionFailure } from '../../connector.ts';
import type { WireLimits } from '../limits.ts';
import { hasItsShape } from './message-shape.ts';
import type { RowStretch } from './row-cursor.ts';
import { parseServerError, type ServerError } from './server-error.ts';
import { request, SignInOrder, type SignInRules } from '../sign-in/order.ts';
import type { PasswordProof } from '../sign-in/proof.ts';

const headerBytes = 5;

/** What identifies a running statement to the server, for asking to cancel it. */
export interface CancelKey {
  readonly processId: number;
  readonly secretKey: number;
}

/** What a gate works with beside its limits. */
interface Given {
  readonly proof: PasswordProof;
  readonly answers: LastAnswers;
}

/** What a server says that somebody waits for: that it can be asked, or what went wrong. */
export type Said = 'ready' | ServerError;

/**
 * Takes in the server's messages that are whole, well formed, expected now and within the limits, and
 * nothing else. Rows are kept for whoever has asked for them.
 * Throws ConnectionFailure: PROTOCOL_ERROR, TLS_REQUIRED, AUTHENTICATION_FAILED, LIMIT_EXCEEDED.
 */
export class MessageGate {
  /** All bytes that came in, for the limits of a whole read. */
  receivedBytes = 0;
  cancelKey: CancelKey | null = null;
  /** What the server asks for and `PasswordProof` answers; whoever sends the answer takes it away. */
  challenge: Buffer | null = null;

  readonly #limits: WireLimits;
  readonly #order: SignInOrder;
  readonly #proof: PasswordProof;
  readonly #answers: LastAnswers;
  #hold: AnswerHolding;
  #signedIn = false;
  /** Whether the server owes an answer; the first is that to the sign-in. */
  #isAsked = true;
  /** The message that has begun: the first `#heldBytes` of a buffer with room to grow. */
  #held = Buffer.alloc(0);
  #heldBytes = 0;
  #rows: RowStretch[] = [];
  #rowsLeft = 0;
  #answerBytes = 0;
  /** What its rows take once they are lists of texts. */
  #answerCost = 0;
  #chatterBytes = 0;

  constructor(limits: WireLimits, rules: SignInRules, given: Given) {
    const { proof, answers } = given;
    this.#limits = limits;
    this.#proof = proof;
    this.#answers = answers;
    this.#hold = answers.begin();
    this.#order = new SignInOrder(rules);
  }

  /** Whether a message has begun and not ended. */
  get midMessage(): boolean {
    return this.#heldBytes > 0;
  }

  /** Opens the gate for one answer of at most `rows` rows; they come into the list that it gives. */
  expectAnswer(rows: number): readonly RowStretch[] {
    this.#isAsked = true;
    this.#rows = [];
    this.#rowsLeft = rows;
    this.#hold = this.#answers.begin();
    this.#answerBytes = 0;
    this.#answerCost = 0;
    this.#chatterBytes = 0;
    return this.#rows;
  }

  /** What is said in the messages that `chunk` completes. */
  pass(chunk: Buffer): readonly Said[] {
    this.receivedBytes += chunk.length;
    const bytes = this.#heldBytes === 0 ? chunk : this.#join(chunk);
    // Looking again only when a message can be whole: a slow drip must not cost its square.
    const needed = bytes.length >= headerBytes ? 1 + bytes.readUInt32BE(1) : headerBytes;
    const said: Said[] = [];
    const end = bytes.length < needed ? this.#checkBegun(bytes) : this.#checkAll(bytes, said);
    if (end > 0 || this.#heldBytes === 0) this.#held = Buffer.from(bytes.subarray(end));
    this.#heldBytes = bytes.length - end;
    this.#hold(this.#held.length + this.#answerCost);
    // It is the last message before we answer.
    if (this.challenge && this.#heldBytes > 0) refuse();
    return said;
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

  /** Refuses a message by its header alone, before the rest of it is waited for. */
  #checkBegun(bytes: Buffer): number {
    if (bytes.length >= headerBytes) {
      this.#checkSize(typeOf(bytes, 0), bytes.readUInt32BE(1));
    }
    return 0;
  }

  #checkAll(bytes: Buffer, said: Said[]): number {
    const starts: number[] = [];
    let at = 0;
    while (at + headerBytes <= bytes.length) {
      const type = typeOf(bytes, at);
      const length = bytes.readUInt32BE(at + 1);
      this.#checkSize(type, length);
      const end = at + 1 + length;
      if (end > bytes.length) break;
      if (!hasItsShape(type, bytes, at + headerBytes, end)) refuse();
      if (type === 'D') {
        this.#checkRow(length, bytes.readUInt16BE(at + headerBytes));
        starts.push(at + headerBytes);
      } else {
        const body = bytes.subarray(at + headerBytes, end);
        this.#checkTurn(type, body);
        if (type === 'E') said.push(parseServerError(body));
        else if (type === 'Z') said.push('ready');
      }
      at = end;
    }
    if (starts.length > 0) this.#rows.push({ bytes, starts });
    return at;
  }

  #checkSize(type: string, length: number): void {
    if (length < 4) refuse();
    if (type !== 'D') {
      if (length > this.#limits.maxChatterBytes) refuse();
    } else if (length > this.#limits.maxRowBytes) {
      throw new ConnectionFailure('LIMIT_EXCEEDED');
    }
  }

  #checkRow(length: number, fields: number): void {
    if (!this.#signedIn || this.#rowsLeft === 0) refuse();
    this.#rowsLeft -= 1;
    this.#answerBytes += length;
    this.#answerCost += costOfRow(fields, length);
    if (this.#answerBytes > this.#limits.maxAnswerBytes)
      throw new ConnectionFailure('LIMIT_EXCEEDED');
  }

  #checkTurn(type: string, body: Buffer): void {
    this.#chatterBytes += body.length + headerBytes;
    if (this.#chatterBytes > this.#limits.maxChatterBytes) refuse();
    if (this.#signedIn) this.#checkAnswer(type);
    else this.#checkSignIn(type, body);
    if (type === 'Z') {
      this.#signedIn = true;
      this.#isAsked = false;
    }
  }

  /** Errors, notices, parameters and notifications may come at any time. */
  #checkAnswer(type: string): void {
    if (type === 'R' || type === 'K') refuse();
    if (!this.#isAsked && !'ENSA'.includes(type)) refuse();
  }

  #checkSignIn(type: string, body: Buffer): void {
    // Whoever has asked for proof waits for it, or gives up.
    if (this.challenge && type !== 'E' && type !== 'N') refuse();
    this.#order.check(type, body);
    if (type === 'R') this.#checkRequest(body);
    if (type === 'K') {
      this.cancelKey = { processId: body.readInt32BE(0), secretKey: body.readInt32BE(4) };
    }
  }

  #checkRequest(body: Buffer): void {
    const what = body.readInt32BE(0);
    if (what === request.saslFinal) this.#proof.conclude(body);
    else if (what !== request.ok) this.challenge = Buffer.from(body);
  }
}

function typeOf(bytes: Buffer, at: number): string {
  return String.fromCharCode(bytes[at] ?? 0);
}

function refuse(): never {
  throw new ConnectionFailure('PROTOCOL_ERROR');
}
