import { randomUUID } from 'node:crypto';
import type { ZodType } from 'zod';
import type { HttpSession } from '../../egress/http/http.ts';
import { answerFailure } from './failures.ts';
import { maxAnswerBytes } from './limits.ts';
import type { Credential } from './sign-in.ts';

interface SqlApiCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** All waiting together; the default is the session's. */
  readonly timeoutMs?: number;
  /** Told the status when the service has refused. */
  readonly refused?: (status: number) => void;
}

/** Asks, and gives back the answer as the shape that it has to have. Throws ConnectionFailure. */
export type SqlApi = <T>(schema: ZodType<T>, call: SqlApiCall) => Promise<T>;

/** Calls of the SQL API; the credential is asked for each time, because it may have been renewed. */
export function sqlApi(http: HttpSession, credential: Credential): SqlApi {
  return async (schema, { method, path, body, timeoutMs, refused }) => {
    const response = await http.request({
      method,
      path,
      headers: {
        ...(await credential.headers()),
        accept: 'application/json',
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      maxBytes: maxAnswerBytes,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
    if (response.ok) return response.json(schema);
    refused?.(response.status);
    throw answerFailure(response.status, await response.firstText(4_096));
  };
}

/** Cancels statements and ends the session, if there is one. Best effort: never throws. */
export async function endSession(
  open: () => Promise<HttpSession>,
  credential: Credential,
  { ids, timeoutMs }: { readonly ids: readonly string[]; readonly timeoutMs: number },
): Promise<void> {
  try {
    const http = await open();
    try {
      const headers = { ...(await credential.headers()), accept: 'application/json' };
      const paths = ids.map((id) => `/api/v2/statements/${id}/cancel`);
      // As the drivers end theirs; keys and access tokens have none.
      if (credential.hasSession) paths.push(`/session?delete=true&requestId=${randomUUID()}`);
      for (const path of paths) {
        const request = { method: 'POST', path, headers, timeoutMs } as const;
        await (await http.request(request)).discard();
      }
    } finally {
      await http.close();
    }
  } catch {
    // Statements end by their own timeout then, and sessions after hours of silence.
  }
}
