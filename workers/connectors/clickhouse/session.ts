import { randomUUID } from 'node:crypto';
import {
  type HttpResponse,
  type HttpSession,
  type HttpStep,
  openHttp,
} from '../../egress/http/http.ts';
import { costOfRow } from '../../memory/costs.ts';
import type { Holding } from '../../memory/holding.ts';
import { ConnectionFailure, type ConnectionTarget } from '../connector.ts';
import type { Row } from '../ordered-rows.ts';
import { killQueries } from './cancel.ts';
import { endpointOf } from './endpoint.ts';
import { answerFailure } from './failures.ts';
import { maxRowBytes, maxSmallBytes, type SessionSettings } from './limits.ts';
import {
  type Features,
  featuresStatement,
  type Statement,
  toFeatures,
  versionStatement,
} from './statements.ts';
import { parseLine } from './tab-separated.ts';

export interface Ask {
  /** Of the answer, on the wire and unpacked each. */
  readonly maxBytes: number;
  /** Until the first row. */
  readonly firstRowMs: number;
  /** All waiting together. */
  readonly timeoutMs: number;
}

// Three streams of a merge at a time.
const connections = 3;

/**
 * Opens, checks, encrypts and signs in, in that order.
 * Throws ConnectionFailure; nothing is left open then.
 */
export async function openSession(
  target: ConnectionTarget,
  settings: SessionSettings,
  signal: AbortSignal,
  step: HttpStep = (_name, work) => work(),
): Promise<ClickhouseSession> {
  const { deadlines, route } = settings;
  const { origin } = endpointOf(target);
  const options = { origin, signal, deadlines, route, connections, allowCleartext: true };
  const http = await openHttp(target, { ...options, step });
  const session = new ClickhouseSession(http, target, settings);
  try {
    await step('sign-in', () => session.signIn());
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}

/**
 * Requests of one user. Each is a GET, which ClickHouse itself makes read-only whatever the user's
 * profile says: `readonly` becomes 2 and cannot be changed back, and settings may still be given. We
 * send `readonly` ourselves in no request, because a profile that has it refuses even the same value.
 */
export class ClickhouseSession {
  /** The server's version, known from the sign-in on. */
  version = '';
  readonly #http: HttpSession;
  readonly #target: ConnectionTarget;
  readonly #settings: SessionSettings;
  readonly #running = new Set<string>();
  #features: Features | null = null;

  constructor(http: HttpSession, target: ConnectionTarget, settings: SessionSettings) {
    this.#http = http;
    this.#target = target;
    this.#settings = settings;
  }

  get memory(): Holding | undefined {
    return this.#target.memory;
  }

  async signIn(): Promise<void> {
    const [row] = await this.#small(versionStatement, this.#settings.deadlines.signInMs);
    const version = row?.[0] ?? '';
    if (!/^\d+\.\d+/.test(version)) throw new ConnectionFailure('PROTOCOL_ERROR');
    this.version = version;
  }

  /** What the server can do; asked once. */
  async features(): Promise<Features> {
    const { probeStatementMs } = this.#settings.deadlines;
    this.#features ??= toFeatures(await this.#small(featuresStatement, probeStatementMs));
    return this.#features;
  }

  /** Runs a statement for the proof that it can be run. */
  async prove(statement: Statement): Promise<void> {
    await this.#small(statement, this.#settings.deadlines.probeStatementMs);
  }

  /** The rows of a statement as they come, each character of them a byte. Throws ConnectionFailure. */
  async *rows(statement: Statement, ask: Ask): AsyncGenerator<Row[]> {
    const id = randomUUID();
    this.#running.add(id);
    const response = await this.#send(statement, id, ask);
    const lineCost = costOfRow(statement.fields, 0);
    for await (const lines of response.linePages(maxRowBytes, { encoding: 'latin1', lineCost })) {
      yield lines.map((line) => parseLine(line, statement.fields));
    }
    this.#running.delete(id);
  }

  /** Closes everything, and has the server stop what was still running. Never throws. */
  async close(): Promise<void> {
    const running = [...this.#running];
    this.#running.clear();
    await this.#http.close();
    // A server that never signed us in runs nothing of ours, and hears nothing more from us.
    if (this.version !== '' && running.length > 0) {
      await killQueries(this.#target, this.#settings, running);
    }
  }

  async #small(statement: Statement, timeoutMs: number): Promise<Row[]> {
    const ask = { maxBytes: maxSmallBytes, firstRowMs: timeoutMs, timeoutMs };
    return (await Array.fromAsync(this.rows(statement, ask))).flat();
  }

  async #send(statement: Statement, id: string, ask: Ask): Promise<HttpResponse> {
    const { authorization, database } = endpointOf(this.#target);
    const query = new URLSearchParams({
      ...(database === null ? {} : { database }),
      query_id: id,
      ...this.#limits(ask.timeoutMs),
      query: statement.text,
    });
    const response = await this.#http.request({
      method: 'GET',
      path: `/?${query.toString()}`,
      headers: { authorization },
      maxBytes: ask.maxBytes,
      headersMs: ask.firstRowMs,
      timeoutMs: ask.timeoutMs,
    });
    if (response.status === 200) return response;
    // Refused: it does not run, and needs no stopping.
    this.#running.delete(id);
    const code = response.headers.get('x-clickhouse-exception-code');
    throw answerFailure(response.status, code, await response.firstText(4_096));
  }

  /** Settings that this server knows, if it lets us give any. */
  #limits(timeoutMs: number): Record<string, string> {
    const features = this.#features;
    if (features?.readonly !== 2) return {};
    const wanted = {
      max_execution_time: `${Math.ceil(timeoutMs / 1_000)}`,
      cancel_http_readonly_queries_on_client_close: '1',
    };
    return Object.fromEntries(
      Object.entries(wanted).filter(([name]) => features.settings.has(name)),
    );
  }
}
