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

/** Does `work` for each of `items`, `atOnce` at a time, in their order, taking each when it is its turn. */
export async function forAll<Item>(
  items: Iterable<Item>,
  atOnce: number,
  work: (item: Item, at: number) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  let taken = 0;
  const lane = async (): Promise<void> => {
    for (let next = rest.next(); !next.done; next = rest.next()) await work(next.value, taken++);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
