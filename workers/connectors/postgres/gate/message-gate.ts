import { costOfRow } from '../../../memory/costs.ts';
import type { AnswerHolding, LastAnswers } from '../../../memory/last-answers.ts';
import { ConnectionFailure } from '../../connector.ts';
import type { WireLimits } from '../limits.ts';
import type { CancelKey } from '../messages.ts';
import { hasItsShape } from './message-shape.ts';
import type { RowStretch } from './row-cursor.ts';
import { parseServerError, type ServerError } from './server-error.ts';
import { request, SignInOrder, type SignInRules } from '../sign-in/order.ts';
import type { PasswordProof } from '../sign-in/proof.ts';

const headerBytes = 5;

/** The rows of a request, complete when the server is ready for the next. */
export interface RowAnswer {
  readonly stretches: readonly RowStretch[];
  /** What its rows take on the wire. */
  readonly bytes: number;
}

/** One that is awaited, or on its way. */
interface OpenAnswer extends RowAnswer {
  readonly stretches: RowStretch[];
  bytes: number;
  rowsLeft: number;
  /** What its rows take once they are lists of texts. */
  cost: number;
  readonly hold: AnswerHolding;
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
  /** The answers that the server owes, in their order; the first of all is that to the sign-in. */
  readonly #owed: OpenAnswer[] = [];
  #signedIn = false;
  /** The message that has begun: the first `#heldBytes` of a buffer with room to grow. */
  #held = Buffer.alloc(0);
  #heldBytes = 0;
  #chatterBytes = 0;

  constructor(limits: WireLimits, rules: SignInRules, given: Given) {
    const { proof, answers } = given;
    this.#limits = limits;
    this.#proof = proof;
    this.#answers = answers;
    this.#order = new SignInOrder(rules);
    this.expectAnswer(0);
  }

  /** Whether a message has begun and not ended. */
  get midMessage(): boolean {
    return this.#heldBytes > 0;
  }

  /** Opens the gate for one more answer, of at most `rows` rows, after those that were asked for before. */
  expectAnswer(rows: number): RowAnswer {
    const hold = this.#answers.begin();
    const answer: OpenAnswer = { stretches: [], bytes: 0, rowsLeft: rows, cost: 0, hold };
    this.#owed.push(answer);
    return answer;
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
    const [answer] = this.#owed;
    answer?.hold(this.#held.length + answer.cost);
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
    let starts: number[] = [];
    let at = 0;
    while (at + headerBytes <= bytes.length) {
      const type = typeOf(bytes, at);
      const length = bytes.readUInt32BE(at + 1);
      this.#checkSize(type, length);
      const end = at + 1 + length;
      if (end > bytes.length) break;
      if (!hasItsShape(type, bytes, at + headerBytes, end)) refuse();
      if (type === 'D') {
        const { stretches } = this.#countRow(length, bytes.readUInt16BE(at + headerBytes));
        if (starts.length === 0) stretches.push({ bytes, starts });
        starts.push(at + headerBytes);
      } else {
        const body = bytes.subarray(at + headerBytes, end);
        this.#checkTurn(type, body);
        if (type === 'E') said.push(parseServerError(body));
        if (type === 'Z') {
          said.push('ready');
          starts = [];
        }
      }
      at = end;
    }
    return at;
  }

  #checkSize(type: string, length: number): void {
    if (length < 4) refuse();
    if (type !== 'D') {
      if (length > this.#limits.maxChatterBytes) refuse();
    } else {
      if (!this.#signedIn || !this.#owed[0]?.rowsLeft) refuse();
      if (length > this.#limits.maxRowBytes) throw new ConnectionFailure('LIMIT_EXCEEDED');
    }
  }

  #countRow(length: number, fields: number): OpenAnswer {
    const [answer] = this.#owed;
    if (!answer) refuse();
    answer.rowsLeft -= 1;
    answer.bytes += length;
    answer.cost += costOfRow(fields, length);
    if (answer.bytes > this.#limits.maxAnswerBytes) throw new ConnectionFailure('LIMIT_EXCEEDED');
    return answer;
  }

  #checkTurn(type: string, body: Buffer): void {
    this.#chatterBytes += body.length + headerBytes;
    if (this.#chatterBytes > this.#limits.maxChatterBytes) refuse();
    if (this.#signedIn) this.#checkAnswer(type);
    else this.#checkSignIn(type, body);
    if (type === 'Z') this.#endAnswer();
  }

  #endAnswer(): void {
    this.#signedIn = true;
    const answer = this.#owed.shift();
    answer?.hold(answer.cost);
    this.#chatterBytes = 0;
  }

  /** Errors, notices, parameters and notifications may come at any time. */
  #checkAnswer(type: string): void {
    if (type === 'R' || type === 'K') refuse();
    if (this.#owed.length === 0 && !'ENSA'.includes(type)) refuse();
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
