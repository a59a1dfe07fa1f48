import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import {
  type HttpRoute,
  type HttpSession,
  type HttpStep,
  openHttp,
} from '../../egress/http/http.ts';
import type { Holding } from '../../memory/holding.ts';
import { ConnectionFailure, type ConnectionTarget } from '../connector.ts';
import { collectRows } from '../../memory/collect-rows.ts';
import type { Row } from '../ordered-rows.ts';
import { type Account, accountOf } from './account.ts';
import { endSession, sqlApi, type SqlApi } from './api.ts';
import { type Deadlines, maxPartitions, partitionMB } from './limits.ts';
import { type Credential, signIn } from './sign-in.ts';
import { proofStatement, type Statement } from './statements.ts';

export interface SessionSettings {
  readonly deadlines: Deadlines;
  readonly route: HttpRoute;
}

// Snowflake SQL API reference, ResultSet and QueryStatus; the latter has no metadata.
const Data = z.array(z.array(z.string().nullable()));
const Partition = z.object({ data: Data });
const Answer = z.object({
  statementHandle: z.string().regex(/^[0-9a-z-]{1,64}$/i),
  resultSetMetaData: z
    .object({
      rowType: z.array(z.object({ name: z.string() })),
      partitionInfo: z.array(z.unknown()).nullish(),
    })
    .nullish(),
  data: Data.nullish(),
});
type Answer = z.infer<typeof Answer>;

const statements = '/api/v2/statements';
const firstPollMs = 5;

/**
 * Opens, checks, encrypts and signs in. A key or an access token proves itself with the first
 * statement. Throws ConnectionFailure; nothing is left open then.
 */
export async function openSession(
  target: ConnectionTarget,
  settings: SessionSettings,
  signal: AbortSignal,
  step: HttpStep = (_name, work) => work(),
): Promise<SnowflakeSession> {
  const { deadlines, route } = settings;
  const account = accountOf(target);
  // The host is made of the account's name, which is all that can be wrong about it.
  const named: HttpStep = (name, work) => step(name, () => work().catch(accountNotFound));
  const open = (abort: AbortSignal, timed: HttpStep) =>
    openHttp(target, { origin: account.origin, signal: abort, deadlines, route, step: timed });
  const http = await open(signal, named);
  return await step('sign-in', async () => {
    let session: SnowflakeSession | null = null;
    try {
      const options = { account, timeoutMs: deadlines.signInMs, signal };
      const credential = await signIn(http, target, options);
      const openAgain = () => open(AbortSignal.timeout(deadlines.closeMs), (_name, work) => work());
      const parts = {
        memory: target.memory,
        http,
        credential,
        account,
        deadlines,
        signal,
        openAgain,
      };
      session = new SnowflakeSession(parts);
      await session.one(proofStatement, deadlines.signInMs);
      return session;
    } catch (error) {
      await (session ?? http).close();
      throw error;
    }
  });
}

function accountNotFound(error: unknown): never {
  if (error instanceof ConnectionFailure && error.code === 'HOST_NOT_FOUND') {
    throw new ConnectionFailure('ACCOUNT_NOT_FOUND');
  }
  throw error;
}

interface SessionParts {
  readonly memory: Holding | undefined;
  readonly http: HttpSession;
  readonly credential: Credential;
  readonly account: Account;
  readonly deadlines: Deadlines;
  readonly signal: AbortSignal;
  /** Another connection to the same service, for what is to be said at the end. */
  readonly openAgain: () => Promise<HttpSession>;
}

/** Statements in the context of one connection. There is no read-only mode: what we send only reads. */
export class SnowflakeSession {
  readonly #parts: SessionParts;
  readonly #api: SqlApi;
  readonly #running = new Set<string>();

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#api = sqlApi(parts.http, parts.credential);
  }

  get memory(): Holding | undefined {
    return this.#parts.memory;
  }

  /** The rows of a statement, partition by partition, with its columns only. Throws ConnectionFailure. */
  async *rows(
    statement: Statement,
    timeoutMs = this.#parts.deadlines.readStatementMs,
  ): AsyncGenerator<Row[]> {
    const answer = await this.#run(statement, timeoutMs);
    const { rowType, partitionInfo } = answer.resultSetMetaData ?? { rowType: [] };
    const names = rowType.map(({ name }) => name);
    const places = statement.columns.map((column) => names.indexOf(column));
    if (places.includes(-1)) throw new ConnectionFailure('PROTOCOL_ERROR');
    const pick = (rows: z.infer<typeof Data>): Row[] =>
      rows.map((row) => {
        if (row.length !== names.length) throw new ConnectionFailure('PROTOCOL_ERROR');
        return places.map((place) => row[place] ?? null);
      });
    yield pick(answer.data ?? []);
    // Their number is known from the start, so a server cannot make us read for ever.
    const partitions = partitionInfo?.length ?? 1;
    if (partitions > maxPartitions) throw new ConnectionFailure('LIMIT_EXCEEDED');
    for (let index = 1; index < partitions; index += 1) {
      const path = `${statements}/${answer.statementHandle}?partition=${index}`;
      yield pick((await this.#api(Partition, { method: 'GET', path })).data);
    }
  }

  /** The only row of a statement. */
  async one(statement: Statement, timeoutMs: number): Promise<Row> {
    const [row] = await collectRows(this.rows(statement, timeoutMs), 1);
    if (!row) throw new ConnectionFailure('PROTOCOL_ERROR');
    return row;
  }

  /** Cancels what still runs, ends the session and closes everything. Never throws. */
  async close(): Promise<void> {
    const { http, credential, openAgain, signal, deadlines } = this.#parts;
    const ids = [...this.#running];
    // A connection that has been cut, or waits for an answer, is of no use any more.
    const isFree = ids.length === 0 && !signal.aborted;
    if (!isFree) await http.close();
    if (ids.length > 0 || credential.hasSession) {
      const open = isFree ? () => Promise.resolve(http) : openAgain;
      await endSession(open, credential, { ids, timeoutMs: deadlines.closeMs });
    }
    await http.close();
  }

  /** What has failed or run out of time is over; after other refusals it may still run. */
  #forget(handle: string, status: number): void {
    if (status === 408 || status === 422) this.#running.delete(handle);
  }

  async #run(statement: Statement, timeoutMs: number): Promise<Answer> {
    const { account, deadlines, signal } = this.#parts;
    const endsAt = performance.now() + timeoutMs;
    let answer = await this.#api(Answer, {
      method: 'POST',
      // Others are answered at once with a handle, without which nobody could cancel them.
      path: statement.isInstant ? statements : `${statements}?async=true`,
      body: bodyOf(statement, account, timeoutMs),
      timeoutMs,
    });
    const handle = answer.statementHandle;
    this.#running.add(handle);
    let pauseMs = firstPollMs;
    while (!answer.resultSetMetaData) {
      if (performance.now() > endsAt) throw new ConnectionFailure('TIMEOUT');
      // An abort ends the pause; the next question then says so.
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      pauseMs = Math.min(2 * pauseMs, deadlines.pollMs);
      answer = await this.#api(Answer, {
        method: 'GET',
        path: `${statements}/${handle}`,
        refused: (status) => this.#forget(handle, status),
      });
    }
    this.#running.delete(handle);
    return { ...answer, statementHandle: handle };
  }
}

/** Snowflake SQL API reference, "Body of the POST request". Absent parts are the user's defaults. */
function bodyOf(
  { text, values, isBare }: Statement,
  { database, warehouse, role }: Account,
  timeoutMs: number,
): object {
  const bindings = values?.map((value, index) => [index + 1, { type: 'TEXT', value }]);
  return {
    statement: text,
    // In seconds, instead of STATEMENT_TIMEOUT_IN_SECONDS.
    timeout: Math.ceil(timeoutMs / 1_000),
    ...(database === null || isBare ? {} : { database }),
    ...(warehouse === null || isBare ? {} : { warehouse }),
    ...(role === null ? {} : { role }),
    ...(bindings ? { bindings: Object.fromEntries(bindings) } : {}),
    parameters: { query_tag: 'basekeep', client_result_chunk_size: partitionMB },
  };
}
