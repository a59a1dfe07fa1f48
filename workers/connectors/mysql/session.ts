import type { Connection } from 'mysql2';
import type { Socket } from 'node:net';
import { withDeadline } from '../../egress/deadline.ts';
import type { Holding } from '../../memory/holding.ts';
import { ConnectionFailure } from '../connector.ts';
import { PortionRoom } from '../../memory/portion-room.ts';
import { createClient } from './wire/client.ts';
import { toFailure } from './failures.ts';
import { GatedStream } from './wire/gated-stream.ts';
import { type Greeting, greetingForDriver } from './wire/greeting.ts';
import type { WireLimits } from '../limits.ts';
import type { Deadlines } from './limits.ts';
import { PacketGate } from './wire/packet-gate.ts';
import type { Endpoint } from './target.ts';

/** One row as the server wrote it: text, or null. */
export type Row = readonly (string | null)[];

export interface Ask {
  /** The most rows that the answer may have; a server that sends more is cut off. */
  readonly rows: number;
  readonly timeoutMs: number;
}

/** Of an answer whose rows are wanted together: names of schemas, settings. */
const maxCollectedBytes = 16 * 1024 * 1024;

export interface SessionContext {
  readonly memory: Holding | undefined;
  readonly endpoint: Endpoint;
  readonly deadlines: Deadlines;
  readonly limits: WireLimits;
  readonly signal: AbortSignal;
  /** Asks the server to end a session, by its thread. Must not throw. */
  readonly kill: (threadId: number) => Promise<void>;
}

/** One signed-in connection. One statement at a time. */
export class MysqlSession {
  readonly threadId: number;
  readonly #context: SessionContext;
  readonly #gate: PacketGate;
  readonly #stream: GatedStream;
  readonly #client: Connection;
  readonly #closed: Promise<void>;
  #killed: Promise<void> | null = null;
  #signedIn = false;
  #fail: (reason: unknown) => void = () => undefined;

  constructor(socket: Socket, greeting: Greeting, context: SessionContext) {
    const { limits, endpoint } = context;
    this.threadId = greeting.threadId;
    this.#context = context;
    this.#gate = new PacketGate(limits, endpoint.encrypted, greeting, context.memory);
    this.#stream = new GatedStream(socket, this.#gate, greetingForDriver(greeting));
    // A gate that closes destroys the stream with its reason. One slot rather than a race against a
    // promise of the whole session: that one would hold every answer until the end.
    this.#stream.once('error', (error) => this.#fail(error));
    this.#closed = new Promise((resolve) => this.#stream.once('close', () => resolve()));
    void this.#closed.then(() => this.#fail(new ConnectionFailure('CONNECTION_LOST')));
    this.#client = createClient(this.#stream, endpoint);
    // Every failure reaches the statement that waits; this also keeps the driver from ending us.
    this.#client.on('error', (error: Error) => this.#failed(error));
  }

  /** All bytes that the server has sent so far. */
  get receivedBytes(): number {
    return this.#gate.receivedBytes;
  }

  async signIn(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#client.once('connect', () => resolve());
    await this.#guarded(promise, this.#context.deadlines.signInMs);
    this.#signedIn = true;
  }

  /**
   * Sends a statement and hands its rows over as they come.
   * Any failure closes the session, because nobody knows what it is still busy with.
   */
  async stream(text: string, ask: Ask, onRow: (row: Row) => void): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#stream.destroyed) throw new ConnectionFailure('CONNECTION_LOST');
    this.#gate.expectAnswer(ask.rows);
    const query = this.#client.query({ sql: text, rowsAsArray: true, typeCast: false });
    query.on('result', (row: unknown) => {
      // What is no list is the summary of a statement without rows.
      if (!Array.isArray(row)) return;
      // What is thrown into the driver may come out where nobody can catch it.
      try {
        onRow(row.map(toText));
      } catch (error) {
        this.#fail(error);
      }
    });
    query.on('error', (error: Error) => this.#failed(error));
    query.on('end', () => {
      if (!this.#gate.lastError) resolve();
    });
    await this.#guarded(promise, ask.timeoutMs);
  }

  /** Sends a statement and returns its rows. */
  async query(text: string, ask: Ask): Promise<Row[]> {
    const rows: Row[] = [];
    const room = new PortionRoom(this, this.#context.memory, rows);
    await this.stream(text, ask, (row) => {
      if (!room.fitsRow(row, maxCollectedBytes)) throw new ConnectionFailure('LIMIT_EXCEEDED');
      rows.push(row);
    });
    return rows;
  }

  /** Says goodbye, briefly, and frees everything. Never throws. */
  async close(): Promise<void> {
    const { closeMs } = this.#context.deadlines;
    if (!this.#stream.destroyed) {
      this.#client.end(() => undefined);
      const signal = new AbortController().signal;
      await withDeadline(this.#closed, { timeoutMs: closeMs, signal }).catch(() => undefined);
    }
    this.#stream.destroy();
    await this.#killed;
  }

  /** The driver's word for a failure; the gate has read the server's own. */
  #failed(error: Error): void {
    this.#fail(this.#gate.lastError ?? error);
  }

  async #guarded<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
    const { signal, endpoint } = this.#context;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    work.then(resolve, reject);
    this.#fail = reject;
    try {
      if (this.#stream.destroyed) throw new ConnectionFailure('CONNECTION_LOST');
      return await withDeadline(promise, { timeoutMs, signal }, () => this.#abandon());
    } catch (error) {
      this.#stream.destroy();
      throw toFailure(error, { signingIn: !this.#signedIn, encrypted: endpoint.encrypted });
    }
  }

  #abandon(): void {
    this.#stream.destroy();
    if (this.#signedIn) this.#killed ??= this.#context.kill(this.threadId);
  }
}

function toText(field: unknown): string | null {
  return Buffer.isBuffer(field) ? field.toString('utf8') : null;
}
