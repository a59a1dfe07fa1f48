import type { ZodType } from 'zod';
import type { HttpRequest, HttpSession } from '../egress/http/http.ts';
import type { ConnectionFailure } from './connector.ts';

export interface JsonCall extends Omit<HttpRequest, 'body' | 'headers'> {
  /** Sent as JSON. */
  readonly body?: unknown;
  /** What an answer other than 2xx means; `text` is its first 4 KiB. */
  readonly failure: (status: number, text: string) => ConnectionFailure;
}

/** Calls of a vendor's REST API with one credential in the Authorization header. */
export class JsonApi {
  readonly #http: HttpSession;
  readonly #authorization: string;

  constructor(http: HttpSession, authorization: string) {
    this.#http = http;
    this.#authorization = authorization;
  }

  /** The answer as the shape that it has to have. Throws ConnectionFailure. */
  async call<T>(schema: ZodType<T>, { body, failure, ...request }: JsonCall): Promise<T> {
    const response = await this.#http.request({
      ...request,
      headers: {
        authorization: this.#authorization,
        accept: 'application/json',
        'content-type': body === undefined ? undefined : 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.ok) return response.json(schema);
    throw failure(response.status, await response.firstText(4_096));
  }
}
