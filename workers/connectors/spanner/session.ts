import { z } from 'zod';
import {
  type HttpRoute,
  type HttpResponse,
  type HttpSession,
  type HttpStep,
  openHttp,
} from '../../egress/http/http.ts';
import type { ConnectionTarget } from '../connector.ts';
import type { Holding } from '../../memory/holding.ts';
import { signInToGoogle } from '../google-sign-in.ts';
import { JsonApi } from '../json-api.ts';
import { lastCall } from '../last-call.ts';
import type { CatalogLimits } from '../limits.ts';
import type { Row } from '../ordered-rows.ts';
import { whilePutOff } from '../put-off.ts';
import { parseServiceAccount } from '../service-account.ts';
import { answerFailure } from './failures.ts';
import { jsonElements } from './json-elements.ts';
import { type Deadlines, maxAttempts, maxPartBytes } from './limits.ts';
import { rowsOfParts } from './partial-results.ts';
import { apiOrigin, databasePathOf } from './place.ts';
import { catalogStatements, type Statement } from './statements.ts';

export interface SessionSettings {
  readonly deadlines: Deadlines;
  readonly limits: CatalogLimits;
  readonly route: HttpRoute;
}

/** There is none that only reads; what we send begins a read-only transaction and selects in it. */
const scope = 'https://www.googleapis.com/auth/spanner.data';

const Session = z.object({ name: z.string().regex(/\/sessions\/[\w-]{1,1024}$/) });
const Transaction = z.object({ id: z.string().min(1).max(4_096) });
const Empty = z.object({});

/**
 * Opens, checks, encrypts and signs in. Of the two services Spanner itself is the one whose layers a
 * probe shows; reaching the one that issues tokens is part of signing in.
 * Throws ConnectionFailure; nothing is left open then.
 */
export async function openSession(
  target: ConnectionTarget,
  settings: SessionSettings,
  signal: AbortSignal,
  step: HttpStep = (_name, work) => work(),
): Promise<SpannerSession> {
  // Before anything is opened: what cannot be a database or a key needs no server to say so.
  const database = databasePathOf(target);
  const account = parseServiceAccount(target.secrets.bigQueryJsonKey ?? '');
  const { deadlines, route } = settings;
  // One for each statement that streams, and one for the calls between.
  const connections = Object.keys(catalogStatements).length + 1;
  const to = { origin: apiOrigin, signal, deadlines, route, step, connections };
  const http = await openHttp(target, to);
  try {
    const applicant = { account, scope };
    const { authorization } = await step('sign-in', () =>
      signInToGoogle(target, applicant, settings, signal),
    );
    return new SpannerSession({ target, settings, signal, http, authorization, database });
  } catch (error) {
    await http.close();
    throw error;
  }
}

interface SessionParts {
  readonly target: ConnectionTarget;
  readonly settings: SessionSettings;
  readonly signal: AbortSignal;
  readonly http: HttpSession;
  readonly authorization: string;
  readonly database: string;
}

/** One read-only transaction in one of Spanner's sessions, over the REST API. */
export class SpannerSession {
  readonly #parts: SessionParts;
  readonly #api: JsonApi;
  /** The path of Spanner's session, once there is one. */
  #path: string | null = null;
  #transaction = '';

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#api = new JsonApi(parts.http, parts.authorization);
  }

  get memory(): Holding | undefined {
    return this.#parts.target.memory;
  }

  /** Makes Spanner's session, and fixes the moment that every statement reads. Throws ConnectionFailure. */
  async begin(timeoutMs: number): Promise<void> {
    const { database } = this.#parts;
    const { name } = await this.#post(Session, `${database}/sessions`, { session: {} }, timeoutMs);
    // By its last part alone: where it belongs to is ours to say.
    this.#path = `${database}/sessions/${name.slice(name.lastIndexOf('/') + 1)}`;
    const options = { readOnly: { strong: true } };
    const begin = `${this.#path}:beginTransaction`;
    this.#transaction = (await this.#post(Transaction, begin, { options }, timeoutMs)).id;
  }

  /** The rows of a statement, as they come. Throws ConnectionFailure. */
  async *rows({ text, fields }: Statement, timeoutMs: number): AsyncGenerator<Row[]> {
    const { limits } = this.#parts.settings;
    const response = await this.#again(() => this.#execute(text, timeoutMs));
    const parts = jsonElements(response.body, maxPartBytes, response.hold());
    yield* rowsOfParts(parts, fields, limits.maxTableBytes);
  }

  /** Ends Spanner's session, of which a database has not many, and closes everything. Never throws. */
  async close(): Promise<void> {
    const { target, settings, signal, http, authorization } = this.#parts;
    const path = this.#path;
    const timeoutMs = settings.deadlines.closeMs;
    const end = async (api: JsonApi): Promise<void> => {
      if (path === null) return;
      await api.call(Empty, { method: 'DELETE', path, timeoutMs, failure: answerFailure });
    };
    if (!signal.aborted) await end(this.#api).catch(() => undefined);
    await http.close();
    // It also makes Spanner cancel what still runs in it. One of which nobody heard ends after an hour.
    if (signal.aborted && path !== null) {
      const to = { origin: apiOrigin, deadlines: settings.deadlines, route: settings.route };
      await lastCall(target, to, (fresh) => end(new JsonApi(fresh, authorization)));
    }
  }

  #post<T>(schema: z.ZodType<T>, path: string, body: object, timeoutMs: number): Promise<T> {
    const call = { method: 'POST', path, body, timeoutMs, failure: answerFailure } as const;
    return this.#again(() => this.#api.call(schema, call));
  }

  async #execute(sql: string, timeoutMs: number): Promise<HttpResponse> {
    const { http, authorization, settings } = this.#parts;
    const response = await http.request({
      method: 'POST',
      path: `${this.#path}:executeStreamingSql`,
      headers: { authorization, accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify({
        sql,
        transaction: { id: this.#transaction },
        requestOptions: { priority: 'PRIORITY_LOW', requestTag: 'basekeep' },
      }),
      maxBytes: settings.limits.maxBytes,
      timeoutMs,
    });
    if (response.ok) return response;
    throw answerFailure(response.status, await response.firstText(4_096));
  }

  #again<T>(call: () => Promise<T>): Promise<T> {
    const { signal, settings } = this.#parts;
    const pauseMs = settings.deadlines.retryMs;
    return whilePutOff(call, { attempts: maxAttempts, pauseMs, signal });
  }
}
