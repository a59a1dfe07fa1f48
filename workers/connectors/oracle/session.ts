import type { Connection, ResultSet } from 'oracledb';
import { withDeadline } from '../../egress/deadline.ts';
import type { ForwardedPort } from '../../egress/forward-port.ts';
import type { Holding } from '../../memory/holding.ts';
import { ConnectionFailure } from '../connector.ts';
import type { Row } from '../ordered-rows.ts';
import { PortionRoom } from '../../memory/portion-room.ts';
import type { Driver } from './driver.ts';
import { toFailure } from './failures.ts';
import type { Deadlines } from './limits.ts';
import type { GatedStream } from './wire/gated-stream.ts';

/** A statement that is ours, with what differs from one use to the next, which is bound. */
export interface Statement {
  readonly text: string;
  /** Columns of its rows, each text; 0 for a statement that has none. */
  readonly columns: number;
  readonly binds?: { readonly [name: string]: string };
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
  /** Rows that the server is asked for at a time. */
  readonly fetchRows: number;
  readonly signal: AbortSignal;
  readonly port: ForwardedPort;
  readonly stream: GatedStream;
}

/** A name is one bind, of at most this many bytes; Oracle's own have 128. */
const maxBindBytes = 4_000;

/** One connection. One statement at a time. */
export class OracleSession {
  readonly #connection: Connection;
  readonly #context: SessionContext;

  constructor(connection: Connection, context: SessionContext) {
    this.#connection = connection;
    this.#context = context;
  }

  /** All bytes that the server has sent so far. */
  get receivedBytes(): number {
    return this.#context.stream.receivedBytes;
  }

  /**
   * Sends a statement and hands its rows over as they come.
   * Any failure closes the session, because nobody knows what it is still busy with.
   */
  async stream(statement: Statement, ask: Ask, onRow: (row: Row) => void): Promise<void> {
    const { port, stream, signal } = this.#context;
    try {
      const work = this.#read(statement, ask, onRow);
      await withDeadline(work, { timeoutMs: ask.timeoutMs, signal }, () => port.close());
    } catch (error) {
      port.close();
      throw toFailure(error, stream.reason);
    }
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

  /** Says goodbye, as far as the server listens, and frees everything. Never throws. */
  async close(): Promise<void> {
    const { port, stream, deadlines, signal } = this.#context;
    const work = this.#connection.close().then(() => stream.done());
    await withDeadline(work, { timeoutMs: deadlines.closeMs, signal }).catch(() => undefined);
    port.close();
  }

  async #read(statement: Statement, ask: Ask, onRow: (row: Row) => void): Promise<void> {
    const { driver, fetchRows } = this.#context;
    const { text, columns, binds = {} } = statement;
    if (Object.values(binds).some((value) => Buffer.byteLength(value) > maxBindBytes)) refuse();
    const count = Math.min(fetchRows, ask.rows + 1);
    const { resultSet } = await this.#connection.execute<unknown>(
      text,
      { ...binds },
      {
        ...{ resultSet: true, prefetchRows: count, fetchArraySize: count },
        outFormat: driver.OUT_FORMAT_ARRAY,
      },
    );
    if (!resultSet !== (columns === 0)) refuse();
    if (resultSet) await this.#fetch(resultSet, columns, { count, most: ask.rows }, onRow);
  }

  async #fetch(
    resultSet: ResultSet<unknown>,
    columns: number,
    { count, most }: { readonly count: number; readonly most: number },
    onRow: (row: Row) => void,
  ): Promise<void> {
    const { driver } = this.#context;
    const texts = [driver.DB_TYPE_VARCHAR, driver.DB_TYPE_CHAR, driver.DB_TYPE_LONG];
    const { metaData } = resultSet;
    if (metaData.length !== columns) refuse();
    if (metaData.some(({ dbType }) => !texts.some((text) => text === dbType))) refuse();
    let read = 0;
    for (;;) {
      const rows = await resultSet.getRows(count);
      read += rows.length;
      if (read > most) refuse();
      for (const row of rows) onRow(toRow(row));
      if (rows.length < count) break;
    }
    await resultSet.close();
  }
}

function toRow(row: unknown): Row {
  if (!Array.isArray(row)) return refuse();
  return row.map((value: unknown) => (typeof value === 'string' ? value : null));
}

function refuse(): never {
  throw new ConnectionFailure('PROTOCOL_ERROR');
}
