import type { ZodType } from 'zod';
import { systemClock } from '../../../shared/clock.ts';
import type { ConnectionFailureCode } from '../../../shared/failures/connection-failures.ts';
import {
  type HttpRoute,
  type HttpSession,
  type HttpStep,
  openHttp,
} from '../../egress/http/http.ts';
import type { ConnectionTarget } from '../connector.ts';
import { whilePutOff } from '../put-off.ts';
import { answerFailure } from './failures.ts';
import { type Deadlines, maxAnswerBytes } from './limits.ts';
import { type Place, placeOf } from './place.ts';
import { type AccessKey, accessKeyOf, signedHeaders } from './signature.ts';

export interface SessionSettings {
  readonly deadlines: Deadlines;
  readonly route: HttpRoute;
}

export interface Call {
  /** Of the Athena API: those that list and describe, which cost nothing. */
  readonly action: `Get${string}` | `List${string}`;
  readonly input: object;
  /** What it means that the thing asked for is not there. */
  readonly missing: ConnectionFailureCode;
  /** How often it is asked for when the service puts it off. */
  readonly attempts: number;
  readonly timeoutMs?: number;
}

/** Opens, checks and encrypts; each call is signed by itself. Throws ConnectionFailure. */
export async function openSession(
  target: ConnectionTarget,
  { deadlines, route }: SessionSettings,
  signal: AbortSignal,
  step?: HttpStep,
): Promise<AthenaSession> {
  // Before anything is opened: a key that cannot be one needs no server to say so.
  const place = placeOf(target);
  const key = accessKeyOf(target);
  const http = await openHttp(target, {
    origin: `https://${place.host}`,
    ...{ signal, deadlines, route, connections: 1 },
    ...(step ? { step } : {}),
  });
  return new AthenaSession({ http, place, key, retryMs: deadlines.retryMs, signal });
}

interface SessionParts {
  readonly http: HttpSession;
  readonly place: Place;
  readonly key: AccessKey;
  readonly retryMs: number;
  readonly signal: AbortSignal;
}

/** Questions to the JSON API. No statement is run: nothing is billed, written or left in S3. */
export class AthenaSession {
  readonly place: Place;
  readonly #parts: SessionParts;

  constructor(parts: SessionParts) {
    this.place = parts.place;
    this.#parts = parts;
  }

  /** One answer. Throws ConnectionFailure. */
  call<T>(schema: ZodType<T>, call: Call): Promise<T> {
    const { retryMs: pauseMs, signal } = this.#parts;
    return whilePutOff(() => this.#once(schema, call), {
      attempts: call.attempts,
      pauseMs,
      signal,
    });
  }

  /** Closes everything at once. Never throws. */
  close(): Promise<void> {
    return this.#parts.http.close();
  }

  async #once<T>(schema: ZodType<T>, { action, input, missing, timeoutMs }: Call): Promise<T> {
    const { http, key, place } = this.#parts;
    const body = JSON.stringify(input);
    const response = await http.request({
      method: 'POST',
      path: '/',
      headers: signedHeaders(key, {
        ...{ host: place.host, region: place.region, service: 'athena', body },
        at: systemClock.now(),
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': `AmazonAthena.${action}`,
        },
      }),
      body,
      maxBytes: maxAnswerBytes,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
    if (response.ok) return response.json(schema);
    throw answerFailure(missing)(response.status, await response.firstText(4_096));
  }
}
