import type { Socket } from 'node:net';
import { Pool } from 'undici';
import { ConnectionFailure } from '../../connectors/connector.ts';
import type { TransportTarget } from '../transport-options.ts';
import { LastAnswers } from '../../memory/last-answers.ts';
import { readBody, WaitBudget } from './body.ts';
import { dial, type HttpRoute, type HttpStep, parseOrigin } from './dial.ts';
import { toHttpFailure } from './failures.ts';
import {
  defaultHttpDeadlines,
  defaultMaxBytes,
  type HttpDeadlines,
  maxHeaderBytes,
} from './limits.ts';
import { HttpResponse } from './response.ts';

export interface HttpOptions {
  /** `https://host` or `https://host:port`, nothing behind it. */
  readonly origin: string;
  readonly signal: AbortSignal;
  readonly deadlines?: Partial<HttpDeadlines>;
  readonly route?: HttpRoute;
  /** Times the steps of the first connection. */
  readonly step?: HttpStep;
  /** How many connections may be open at a time; requests beyond them wait. Default 2. */
  readonly connections?: number;
  /** Accepts an `http://` origin; only for connections with sslEnabled false. Default false. */
  readonly allowCleartext?: boolean;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Path and query, percent-encoded, beginning with a slash. */
  readonly path: string;
  /** Names in any case. `host` is the session's own and ignored here. */
  readonly headers?: { readonly [name: string]: string | undefined };
  readonly body?: string | Uint8Array;
  /** Of the answer's body, on the wire and unpacked each. Default 16 MiB. */
  readonly maxBytes?: number;
  /** All waiting together, to the body's last byte; the default is the session's `requestMs`. */
  readonly timeoutMs?: number;
  /** Until the answer's header, for services that answer when a statement is done. */
  readonly headersMs?: number;
  /** Resolves with a 3xx as with any other status, for who tells of it. Followed is none. */
  readonly showsRedirects?: true;
}

const defaultConnections = 2;
// Longer than any session: connections are kept until it ends.
const keepAliveMs = 3_600_000;

const untimed: HttpStep = (_step, work) => work();

/**
 * Opens a connection to an origin: resolved, judged, connected and, for https, verified when it
 * resolves. Nothing has been sent then; credentials go with the first request, not before.
 * No redirects, no proxies, no cookies, no retries. Throws ConnectionFailure.
 */
export async function openHttp(
  target: TransportTarget,
  options: HttpOptions,
): Promise<HttpSession> {
  const session = new HttpSession(target, options);
  try {
    await session.connect(options.step ?? untimed);
    return session;
  } catch (error) {
    await session.close();
    throw toHttpFailure(error);
  }
}

/** Requests to one origin over a few connections, which live as long as the session. */
export class HttpSession {
  readonly #target: TransportTarget;
  readonly #origin: URL;
  readonly #route: HttpRoute;
  readonly #deadlines: HttpDeadlines;
  readonly #ended = new AbortController();
  readonly #outer: AbortSignal;
  readonly #pool: Pool;
  readonly #answers: LastAnswers;
  /** Connected, and not yet given to the pool. */
  #ready: Socket | null = null;

  constructor(target: TransportTarget, options: HttpOptions) {
    const allowCleartext = options.allowCleartext === true && !target.connection.sslEnabled;
    this.#target = target;
    this.#origin = parseOrigin(options.origin, allowCleartext);
    this.#route = options.route ?? {};
    this.#deadlines = { ...defaultHttpDeadlines, ...options.deadlines };
    this.#outer = options.signal;
    const { connections = defaultConnections } = options;
    // One on each connection, and one that has come and is being read.
    this.#answers = new LastAnswers(target.memory, connections + 1);
    this.#pool = new Pool(this.#origin, {
      connections,
      pipelining: 1,
      allowH2: false,
      maxHeaderSize: maxHeaderBytes,
      // Our own deadlines are exact and also hold outside of the library.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
      connect: (_options, done) => {
        this.#takeSocket().then(
          (socket) => done(null, socket),
          (error: unknown) => done(toHttpFailure(error), null),
        );
      },
    });
    this.#outer.addEventListener('abort', this.#abort, { once: true });
    if (this.#outer.aborted) this.#abort();
  }

  /** Opens the first connection, step by step. */
  async connect(step: HttpStep = untimed): Promise<void> {
    this.#ready ??= await this.#dial(step);
  }

  /**
   * Sends one request and resolves with the header of its answer, whatever the status but 3xx.
   * Throws CREDENTIALS_INVALID for a header that cannot be sent (line ends in a token), PROTOCOL_ERROR
   * for redirects and what is no HTTP, TIMEOUT, CONNECTION_LOST and what opening a connection throws.
   */
  async request(ask: HttpRequest): Promise<HttpResponse> {
    const { requestMs, headersMs, chunkMs } = this.#deadlines;
    const headers = toHeaders(ask.headers ?? {});
    const aborted = new AbortController();
    const abort = (): void => aborted.abort();
    const budget = new WaitBudget(ask.timeoutMs ?? requestMs, this.#ended.signal);
    try {
      const sent = this.#pool.request({
        method: ask.method,
        path: ask.path,
        headers,
        body: ask.body ?? null,
        signal: aborted.signal,
      });
      const answer = await budget.wait(sent, ask.headersMs ?? headersMs, abort);
      // An answer that nobody reads ends with an error, and that would end the process.
      answer.body.on('error', () => undefined);
      const received = joinHeaders(answer.headers);
      const isRedirect = answer.statusCode >= 300 && answer.statusCode < 400;
      if (isRedirect && !ask.showsRedirects) {
        abort();
        throw new ConnectionFailure('PROTOCOL_ERROR');
      }
      const encoding = received.get('content-encoding')?.trim().toLowerCase() ?? '';
      const maxBytes = ask.maxBytes ?? defaultMaxBytes;
      // Of an error only the beginning is read, however long it is.
      const promisedBytes = answer.statusCode < 300 ? Number(received.get('content-length')) : 0;
      const limits = { maxBytes, promisedBytes, chunkMs, budget, abort };
      const body = readBody(answer.body, encoding, limits);
      return new HttpResponse(answer.statusCode, received, body, this.#answers);
    } catch (error) {
      throw toHttpFailure(error);
    }
  }

  /** Closes every connection at once, whatever is still running on them. Never throws. */
  async close(): Promise<void> {
    this.#outer.removeEventListener('abort', this.#abort);
    this.#ended.abort();
    this.#ready?.destroy();
    await this.#pool.destroy().catch(() => undefined);
  }

  readonly #abort = (): void => {
    this.#ended.abort(this.#outer.reason);
    this.#ready?.destroy();
    void this.#pool.destroy().catch(() => undefined);
  };

  async #takeSocket(): Promise<Socket> {
    const ready = this.#ready;
    this.#ready = null;
    return ready && !ready.destroyed ? ready : this.#dial(untimed);
  }

  async #dial(step: HttpStep): Promise<Socket> {
    const { signal } = this.#ended;
    const socket = await dial({
      target: this.#target,
      origin: this.#origin,
      route: this.#route,
      deadlines: this.#deadlines,
      signal,
      step,
    });
    if (!signal.aborted) return socket;
    socket.destroy();
    throw new ConnectionFailure('CONNECTION_LOST');
  }
}

/** RFC 9110, section 5.5: visible characters, spaces and tabs, and bytes above ASCII. */
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/;

function toHeaders(given: NonNullable<HttpRequest['headers']>): Record<string, string> {
  const headers: Record<string, string> = {
    'user-agent': 'basekeep',
    'accept-encoding': 'gzip',
  };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || name.toLowerCase() === 'host') continue;
    // Only what a person typed can break this: a token that was pasted with its line's end.
    if (!headerValue.test(value)) throw new ConnectionFailure('CREDENTIALS_INVALID');
    headers[name.toLowerCase()] = value;
  }
  return headers;
}

function joinHeaders(
  headers: Record<string, string | string[] | undefined>,
): ReadonlyMap<string, string> {
  const pairs = Object.entries(headers).map(
    ([name, value]) =>
      [name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value] as const,
  );
  return new Map(pairs.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
