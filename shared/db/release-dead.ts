import type pg from 'pg';

/**
 * Gives the place of a connection that died back to its pool. A transaction whose connection is gone
 * cannot be rolled back, and MikroORM 7.2.1 then never releases it: without this, as many such
 * transactions as the pool has places leave the process without a database for ever.
 */
export function releaseDead(pool: pg.Pool): void {
  pool.on('connect', (client: pg.PoolClient) => {
    client.once('end', () => {
      const { release } = client;
      // Whoever still has it may release it once more.
      client.release = () => undefined;
      try {
        release(true);
      } catch {
        // It was in the pool, which has seen to it already.
      }
    });
  });
}
