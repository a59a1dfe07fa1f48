import type { Duplex } from 'node:stream';
import type pg from 'pg';

/**
 * Has the statements that a client is asked for one right after the other leave in one write: each
 * write costs the process and PostgreSQL's a call of the kernel.
 */
export function writeTogether(pool: pg.Pool): void {
  pool.on('connect', (client: pg.PoolClient) => {
    const { query } = client;
    let isCorked = false;
    const value = (...args: unknown[]): unknown => {
      if (!isCorked) {
        const { stream } = (client as unknown as Connected).connection;
        isCorked = true;
        stream.cork();
        process.nextTick(() => {
          isCorked = false;
          stream.uncork();
        });
      }
      return Reflect.apply(query, client, args);
    };
    Object.defineProperty(client, 'query', { value, configurable: true });
  });
}

/** What pg has no type for. */
interface Connected {
  readonly connection: { readonly stream: Duplex };
}
