import type { ZodType } from 'zod';
import type { ConnectionFailureCode } from '../../../shared/failures/connection-failures.ts';
import {
  type HttpRoute,
  type HttpSession,
  type HttpStep,
  openHttp,
} from '../../egress/http/http.ts';
import type { ConnectionTarget } from '../connector.ts';
import { type AccessToken, type Applicant, signInToGoogle } from '../google-sign-in.ts';
import { JsonApi } from '../json-api.ts';
import { pause, whilePutOff } from '../put-off.ts';
import { parseServiceAccount } from '../service-account.ts';
import { answerFailure } from './failures.ts';
import { type Deadlines, maxAnswerBytes, maxAttempts, type Pace } from './limits.ts';
import { apiOrigin, type Place, placeOf } from './names.ts';

/** Lets list and describe, and read; a token with it can change nothing. */
const scope = 'https://www.googleapis.com/auth/bigquery.readonly';

export interface SessionSettings {
  readonly deadlines: Deadlines;
  readonly pace: Pace;
  readonly route: HttpRoute;
}

export interface Call {
  readonly path: string;
  /** What it means that the thing asked for is not there. */
  readonly missing: ConnectionFailureCode;
  readonly timeoutMs?: number;
}

/**
 * Opens, checks, encrypts and signs in. Of the two services BigQuery itself is the one whose layers
 * a probe shows; reaching the one that issues tokens is part of signing in.
 * Throws ConnectionFailure; nothing is left open then.
 */
export async function openSession(
  target: ConnectionTarget,
  settings: SessionSettings,
  signal: AbortSignal,
  step: HttpStep = (_name, work) => work(),
): Promise<BigQuerySession> {
  // Before anything is opened: what cannot be a place or a key needs no server to say so.
  const place = placeOf(target);
  const account = parseServiceAccount(target.secrets.bigQueryJsonKey ?? '');
  const applicant = { account, scope };
  const { deadlines, pace, route } = settings;
  const http = await openHttp(target, {
    origin: apiOrigin,
    signal,
    deadlines,
    route,
    step,
    connections: pace.concurrency,
  });
  try {
    const token = await step('sign-in', () => signInToGoogle(target, applicant, settings, signal));
    return new BigQuerySession({ place, target, applicant, settings, signal, http, token });
  } catch (error) {
    await http.close();
    throw error;
  }
}

interface SessionParts {
  readonly place: Place;
  readonly target: ConnectionTarget;
  readonly applicant: Applicant;
  readonly settings: SessionSettings;
  readonly signal: AbortSignal;
  readonly http: HttpSession;
  readonly token: AccessToken;
}

/** Questions to the REST API, all of them GET: nothing is run, billed or changed. */
export class BigQuerySession {
  readonly place: Place;
  readonly #parts: SessionParts;
  #token: Promise<AccessToken>;
  #renewAtMs: number;
  #nextCallAtMs = 0;

  constructor(parts: SessionParts) {
    this.place = parts.place;
    this.#parts = parts;
    this.#token = Promise.resolve(parts.token);
    this.#renewAtMs = parts.token.renewAtMs;
  }

  /** One answer. Throws ConnectionFailure. */
  async get<T>(schema: ZodType<T>, { path, missing, timeoutMs }: Call): Promise<T> {
    const { authorization } = await this.#freshToken();
    return new JsonApi(this.#parts.http, authorization).call(schema, {
      method: 'GET',
      path,
      maxBytes: maxAnswerBytes,
      failure: answerFailure(missing),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  }

  /** The same at the pace that the quota allows, and again for what the service has put off. */
  async getInTurn<T>(schema: ZodType<T>, call: Call): Promise<T> {
    const { settings, signal } = this.#parts;
    const again = { attempts: maxAttempts, pauseMs: settings.deadlines.retryMs, signal };
    return whilePutOff(async () => {
      await this.#turn();
      return this.get(schema, call);
    }, again);
  }

  /** Closes everything at once. Never throws. */
  close(): Promise<void> {
    return this.#parts.http.close();
  }

  /** A catalog of many tables takes longer to read than a token lasts. */
  async #freshToken(): Promise<AccessToken> {
    if (performance.now() > this.#renewAtMs) {
      const { target, applicant, settings, signal } = this.#parts;
      // Nobody else renews it meanwhile.
      this.#renewAtMs = Infinity;
      this.#token = signInToGoogle(target, applicant, settings, signal);
      this.#renewAtMs = (await this.#token).renewAtMs;
    }
    return this.#token;
  }

  #turn(): Promise<void> {
    const now = performance.now();
    const at = Math.max(now, this.#nextCallAtMs);
    this.#nextCallAtMs = at + 1_000 / this.#parts.settings.pace.callsPerSecond;
    return pause(at - now, this.#parts.signal);
  }
}
