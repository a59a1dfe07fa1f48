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
import { JsonApi } from '../json-api.ts';
import type { Row } from '../ordered-rows.ts';
import { endpointOf } from './endpoint.ts';
import { answerFailure, statementFailure, StatementStatus } from './failures.ts';
import { type Deadlines, maxAnswerBytes } from './limits.ts';
import { signIn } from './sign-in.ts';
import { findWarehouse, type Warehouse } from './warehouse.ts';

export interface SessionSettings {
  readonly deadlines: Deadlines;
  readonly route: HttpRoute;
}

/** A statement and the values of its named markers, all of them strings. */
export interface Statement {
  readonly text: string;
  readonly fields: number;
  readonly parameters?: { readonly [name: string]: string };
}

// Statement Execution API, ResultData and StatementResponse; next_chunk_internal_link is not followed.
const Chunk = z.object({
  data_array: z.array(z.array(z.string().nullable())).nullish(),
  next_chunk_index: z.int().nullish(),
});
const Answer = z.object({
  statement_id: z.string().regex(/^[0-9a-z-]{1,64}$/i),
  status: StatementStatus,
  manifest: z.object({ truncated: z.boolean().nullish() }).nullish(),
  result: Chunk.nullish(),
});
type Answer = z.infer<typeof Answer>;

const statements = '/api/2.0/sql/statements';
const firstPollMs = 20;

/**
 * Opens, checks, encrypts and signs in; finding the warehouse is what proves the sign-in.
 * Throws ConnectionFailure; nothing is left open then.
 */
export async function openSession(
  target: ConnectionTarget,
  settings: SessionSettings,
  signal: AbortSignal,
  step: HttpStep = (_name, work) => work(),
): Promise<DatabricksSession> {
  const { deadlines, route } = settings;
  const endpoint = endpointOf(target);
  const { origin } = endpoint;
  const http = await openHttp(target, { origin, signal, deadlines, route, step });
  try {
    return await step('sign-in', async () => {
      const authorization = await signIn(http, target, deadlines.signInMs);
      const api = new JsonApi(http, authorization);
      const warehouse = await findWarehouse(api, endpoint.warehouseId, deadlines.signInMs);
      const cancel = (ids: readonly string[]) =>
        cancelStatements(target, settings, authorization, ids);
      return new DatabricksSession({
        memory: target.memory,
        http,
        api,
        warehouse,
        deadlines,
        signal,
        cancel,
      });
    });
  } catch (error) {
    await http.close();
    throw error;
  }
}

interface SessionParts {
  readonly memory: Holding | undefined;
  readonly http: HttpSession;
  readonly api: JsonApi;
  readonly warehouse: Warehouse;
  readonly deadlines: Deadlines;
  readonly signal: AbortSignal;
  readonly cancel: (ids: readonly string[]) => Promise<void>;
}

/** Statements on one warehouse. The API has no read-only mode: what we send only selects. */
export class DatabricksSession {
  readonly api: JsonApi;
  readonly warehouse: Warehouse;
  readonly #parts: SessionParts;
  readonly #running = new Set<string>();

  constructor(parts: SessionParts) {
    this.api = parts.api;
    this.warehouse = parts.warehouse;
    this.#parts = parts;
  }

  get memory(): Holding | undefined {
    return this.#parts.memory;
  }

  /** The rows of a statement, chunk by chunk. Throws ConnectionFailure. */
  async *rows(statement: Statement, catalog: string | null): AsyncGenerator<Row[]> {
    const answer = await this.#run(statement, catalog);
    // A result that was cut would be stored as if it were whole.
    if (answer.manifest?.truncated) throw new ConnectionFailure('LIMIT_EXCEEDED');
    let chunk: z.infer<typeof Chunk> = answer.result ?? {};
    let index = 0;
    for (;;) {
      const rows = chunk.data_array ?? [];
      if (rows.some(({ length }) => length !== statement.fields)) {
        throw new ConnectionFailure('PROTOCOL_ERROR');
      }
      yield rows;
      const next = chunk.next_chunk_index;
      if (next === null || next === undefined) return;
      // One after the other: a server that goes in circles could make us read for ever.
      if (next !== index + 1) throw new ConnectionFailure('PROTOCOL_ERROR');
      index = next;
      chunk = await this.#get(Chunk, `${statements}/${answer.statement_id}/result/chunks/${index}`);
    }
  }

  /** Closes everything, and has the service cancel what was still running. Never throws. */
  async close(): Promise<void> {
    await this.#parts.http.close();
    if (this.#running.size > 0) await this.#parts.cancel([...this.#running]);
  }

  async #run({ text, parameters }: Statement, catalog: string | null): Promise<Answer> {
    const { readStatementMs, pollMs } = this.#parts.deadlines;
    const endsAt = performance.now() + readStatementMs;
    let answer = await this.api.call(Answer, {
      method: 'POST',
      path: `${statements}/`,
      body: {
        warehouse_id: this.warehouse.id,
        statement: text,
        parameters: Object.entries(parameters ?? {}).map(([name, value]) => ({ name, value })),
        ...(catalog === null ? {} : { catalog }),
        // Answered at once with the id, without which nobody could cancel it.
        wait_timeout: '0s',
        on_wait_timeout: 'CONTINUE',
        disposition: 'INLINE',
        format: 'JSON_ARRAY',
      },
      maxBytes: maxAnswerBytes,
      failure: answerFailure({ 404: 'WAREHOUSE_UNAVAILABLE' }),
    });
    const id = answer.statement_id;
    this.#running.add(id);
    let pauseMs = firstPollMs;
    while (answer.status.state === 'PENDING' || answer.status.state === 'RUNNING') {
      if (performance.now() > endsAt) throw new ConnectionFailure('TIMEOUT');
      // An abort ends the pause; the next question then says so.
      await sleep(pauseMs, undefined, { signal: this.#parts.signal }).catch(() => undefined);
      pauseMs = Math.min(2 * pauseMs, pollMs);
      answer = await this.#get(Answer, `${statements}/${id}`);
    }
    this.#running.delete(id);
    if (answer.status.state !== 'SUCCEEDED') throw statementFailure(answer.status);
    return answer;
  }

  #get<T>(schema: z.ZodType<T>, path: string): Promise<T> {
    const failure = answerFailure();
    return this.api.call(schema, { method: 'GET', path, maxBytes: maxAnswerBytes, failure });
  }
}

/** On a connection of its own, because the session's may be gone. Best effort: never throws. */
async function cancelStatements(
  target: ConnectionTarget,
  { deadlines, route }: SessionSettings,
  authorization: string,
  ids: readonly string[],
): Promise<void> {
  const { origin } = endpointOf(target);
  const signal = AbortSignal.timeout(deadlines.closeMs);
  try {
    const http = await openHttp(target, { origin, signal, deadlines, route });
    try {
      for (const id of ids) {
        const path = `${statements}/${id}/cancel`;
        await (await http.request({ method: 'POST', path, headers: { authorization } })).discard();
      }
    } finally {
      await http.close();
    }
  } catch {
    // The statements end by the warehouse's own statement timeout then.
  }
}
