import { Pool } from 'undici';
import type { FuzzRequest } from './request.ts';

/** What came back, and after how long. */
export interface FuzzAnswer {
  readonly status: number;
  readonly contentType: string | null;
  readonly retryAfter: string | null;
  readonly text: string;
  readonly durationMs: number;
}

type Headers = Readonly<Record<string, string>>;

interface FuzzClient {
  ask(request: FuzzRequest, headers: Headers): Promise<FuzzAnswer>;
  close(): Promise<void>;
}

/** A client that sends what it is given, at most `connections` at once; fetch would cost more than the server. */
export function createClient(url: string, connections: number): FuzzClient {
  const pool = new Pool(url, { connections, pipelining: 1 });
  const first = (value: string | string[] | undefined): string | null =>
    (Array.isArray(value) ? value[0] : value) ?? null;
  return {
    async ask({ method, path, body }, headers) {
      const startedAt = performance.now();
      const answer = await pool.request({
        method,
        path,
        body,
        headers: { ...(body === null ? {} : { 'content-type': 'application/json' }), ...headers },
      });
      const text = await answer.body.text();
      return {
        status: answer.statusCode,
        contentType: first(answer.headers['content-type']),
        retryAfter: first(answer.headers['retry-after']),
        text,
        durationMs: performance.now() - startedAt,
      };
    },
    close: () => pool.close(),
  };
}

/** Does `work` for each of `items`, `atOnce` at a time, in their order. */
export async function forAll<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item, at: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) {
      const item = items[at];
      if (item !== undefined) await work(item, at);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
