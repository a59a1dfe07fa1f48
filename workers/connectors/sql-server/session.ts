import type { Connection, Request } from 'tedious';
import { setImmediate } from 'node:timers/promises';
import { withDeadline } from '../../egress/deadline.ts';
import type { Holding } from '../../memory/holding.ts';
import { ConnectionFailure } from '../connector.ts';
import type { Row } from '../ordered-rows.ts';
import { PortionRoom } from '../../memory/portion-room.ts';
import type { Driver } from './driver.ts';
import { failureOfErrors, toFailure } from './failures.ts';
import type { Deadlines } from './limits.ts';
import type { GatedSocket } from './wire/gated-socket.ts';
import type { TokenGate } from './wire/token-gate.ts';

/** A statement that is ours, with what differs from one use to the next: numbers, nothing else. */
export interface Statement {
  readonly text: string;
  /** Columns of its rows, each NVARCHAR. */
  readonly columns: number;
  readonly numbers?: { readonly [name: string]: number };
}

export interface Ask {
  /** The most rows that the answer may have; a server that sends more is cut off. */
  readonly rows: number;
  readonly timeoutMs: number;
}

/** Of an answer whose rows are wanted together: names of schemas, settings. */
const maxCollectedBytes = 16 * 1024 * 1024;

export interface SessionContext {
  readonly memory: Holding | undefined;
  readonly driver: Driver;
  readonly deadlines: Deadlines;
  readonly signal: AbortSignal;
}

/** One connection. One statement at a time. */
export class SqlServerSession {
  readonly #context: SessionContext;
  readonly #socket: GatedSocket;
  readonly #gate: TokenGate;
  readonly #connection: Connection;
  /** Settled when the driver has done with the statement that runs. */
  #running: Promise<unknown> | null = null;
  #leaving: Promise<unknown> | null = null;
  #fail: (reason: unknown) => void = () => undefined;

  constructor(
    socket: GatedSocket,
    gate: TokenGate,
    connection: Connection,
    context: SessionContext,
  ) {
    this.#socket = socket;
    this.#gate = gate;
    this.#connection = connection;
    this.#context = context;
    // A gate that closes destroys the socket with its reason, which the driver would wrap in words.
    socket.once('error', (error) => this.#fail(error));
    // Without a listener the driver would end the process.
    connection.on('error', (error: Error) => this.#fail(error));
  }

  /** All bytes that the server has sent so far. */
  get receivedBytes(): number {
    return this.#gate.receivedBytes;
  }

  async signIn(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#connection.connect((error) => (error ? reject(error) : resolve()));
    await this.#guarded(promise, this.#context.deadlines.signInMs);
  }

  /**
   * Sends a statement and hands its rows over as they come.
   * Any failure closes the session, because nobody knows what it is still busy with.
   */
  async stream(statement: Statement, ask: Ask, onRow: (row: Row) => void): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (this.#socket.destroyed) throw new ConnectionFailure('CONNECTION_LOST');
    const { driver } = this.#context;
    const request = new driver.Request(statement.text, (error) =>
      error ? reject(error) : resolve(),
    );
    for (const [name, value] of Object.entries(statement.numbers ?? {})) {
      request.addParameter(name, driver.TYPES.Int, value);
    }
    request.on('row', (columns: unknown) => {
      // What is thrown into the driver comes out of it as an error of its own.
      try {
        onRow(toRow(columns));
      } catch (error) {
        this.#fail(error);
      }
    });
    this.#running = promise.catch(() => undefined);
    this.#gate.expect({ rows: ask.rows, columns: statement.columns });
    this.#send(statement, request);
    await this.#guarded(promise, ask.timeoutMs);
    this.#running = null;
  }

  /** Sends a statement and returns its rows. */
  async query(statement: Statement, ask: Ask): Promise<Row[]> {
    const rows: Row[] = [];
    const room = new PortionRoom(this, this.#context.memory, rows);
    await this.stream(statement, ask, (row) => {
      if (!room.fitsRow(row, maxCollectedBytes)) throw new ConnectionFailure('LIMIT_EXCEEDED');
      rows.push(row);
    });
    return rows;
  }

  /** Frees everything. TDS has no goodbye. Never throws. */
  async close(): Promise<void> {
    await this.#leaving;
    // As in `leave`: not while the driver is busy.
    await setImmediate();
    this.#connection.close();
    this.#socket.destroy();
  }

  /** With numbers by a plan that the server keeps for the next portion, instead of one for each. */
  #send(statement: Statement, request: Request): void {
    if (statement.numbers) this.#connection.execSql(request);
    else this.#connection.execSqlBatch(request);
  }

  async #guarded<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
    const { signal } = this.#context;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    work.then(resolve, reject);
    this.#fail = reject;
    try {
      if (this.#socket.destroyed) throw new ConnectionFailure('CONNECTION_LOST');
      const result = await withDeadline(promise, { timeoutMs, signal }, () => this.#abandon());
      if (this.#gate.errors.length > 0) throw failureOfErrors(this.#gate.errors);
      return result;
    } catch (error) {
      await this.close();
      const failure = toFailure(error);
      const isOurs = failure === error && failure.code !== 'CONNECTION_LOST';
      // The server's own word comes before what the driver makes of it, and before that it went.
      if (!isOurs && this.#gate.errors.length > 0) throw failureOfErrors(this.#gate.errors);
      throw failure;
    }
  }

  /** Asks the server to stop what it is busy with, and gives it a moment to say that it has. */
  #abandon(): void {
    if (!this.#running || this.#socket.destroyed || !this.#connection.cancel()) {
      this.#socket.leave();
      return;
    }
    const deadline = {
      timeoutMs: this.#context.deadlines.cancelMs,
      signal: new AbortController().signal,
    };
    this.#leaving = withDeadline(this.#running, deadline).catch(() => undefined);
  }
}

/** The driver gives each field with a description of its column. */
function toRow(columns: unknown): Row {
  if (!Array.isArray(columns)) throw new ConnectionFailure('PROTOCOL_ERROR');
  return columns.map((column: unknown) => {
    const value = column instanceof Object && 'value' in column ? column.value : null;
    return typeof value === 'string' ? value : null;
  });
}
