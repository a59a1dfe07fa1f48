import { afterAll, beforeAll } from 'vitest';
import { useEmptyDatabase } from '../database.ts';
import type { Installation } from '../worker.ts';
import { startSlowLine } from './slow-line.ts';
import type { SocketServer } from './socket-server.ts';

/** A customer whose database is far away. */
export interface SlowCustomer {
  /** A data source of it, and what its creation sends. */
  createSource(): Promise<string>;
}

/**
 * A customer's real PostgreSQL at the end of a line that is 110 ms long: a sync takes 3 s of waiting
 * for round trips, a health check half of that, and neither needs more of this machine than usual.
 */
export function useSlowCustomer(installation: Pick<Installation, 'createSource'>): SlowCustomer {
  const database = useEmptyDatabase('slow');
  let line: SocketServer | undefined;
  beforeAll(async () => {
    await database.pool.query('create table orders (id bigint primary key, placed_at timestamptz)');
    const { hostname: host, port } = new URL(database.url);
    line = await startSlowLine({ host, port: Number(port) }, 110);
  });
  afterAll(() => line?.close());
  return {
    createSource() {
      if (!line) throw new Error('the customer exists from beforeAll on');
      const { username, password, pathname } = new URL(database.url);
      return installation.createSource({
        ...{ host: '127.0.0.1', port: line.port, username, password },
        databaseName: pathname.slice(1),
      });
    },
  };
}
