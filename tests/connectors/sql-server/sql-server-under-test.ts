import { afterAll, beforeAll } from 'vitest';
import type { SqlServerTable } from '../../stand-ins/sql-server/catalog.ts';
import { type SqlServerState, startSqlServer } from '../../stand-ins/sql-server/server.ts';
import type { TcpStandIn } from '../../stand-ins/tcp-stand-in.ts';
import type { ServerUnderTest } from '../conformance.ts';
import { tablesInJson } from '../tables-in-json.ts';
import { columnFacts } from './sql-server-awkward.ts';

export const password = 'canary-sql-server-pässword💥';

export function newState(tables: SqlServerTable[] = []): SqlServerState {
  return {
    ...{ user: 'reader', password, database: 'Shop', tables, signIns: [], cancelled: 0 },
  };
}

/** A stand-in as the conformance suite wants its server; its SQL is tables in JSON. */
export function useSqlServer(): ServerUnderTest {
  const state = newState();
  const held = tablesInJson(state.tables, ({ columns }) => columns.map(([, name]) => name));
  let server: TcpStandIn | undefined;
  const given = (): TcpStandIn => {
    if (!server) throw new Error('The stand-in is not running');
    return server;
  };
  beforeAll(async () => {
    server = await startSqlServer(state);
  });
  afterAll(() => server?.close());
  return {
    get connection() {
      return { host: '127.0.0.1', port: given().port, username: 'reader', databaseName: 'Shop' };
    },
    password,
    ...held,
    execute: (json) => Promise.resolve(held.execute(json)),
    readBack: () => Promise.resolve(held.readBack()),
    startTlsFront: (identity) => startSqlServer(state, { identity }),
    block() {
      const release = given().block();
      return Promise.resolve(() => Promise.resolve(release()));
    },
    connections: () => Promise.resolve(given().connections),
  };
}

export function* thousandTables(): Generator<string> {
  const columns = Array.from({ length: 20 }, (_, n) => columnFacts(n + 1, `C${n}`, 'bit'));
  for (let n = 0; n < 1_000; n += 1) {
    const table = { schema: 'large', name: `T${n}`, type: 'U', comment: null, rows: '1', columns };
    yield JSON.stringify([table]);
  }
}
