import { afterAll, beforeAll } from 'vitest';
import type { OracleTable } from '../../stand-ins/oracle/catalog.ts';
import type { OracleState } from '../../stand-ins/oracle/options.ts';
import { startOracle } from '../../stand-ins/oracle/server.ts';
import type { TcpStandIn } from '../../stand-ins/tcp-stand-in.ts';
import type { ServerUnderTest } from '../conformance.ts';
import { tablesInJson } from '../tables-in-json.ts';
import { columnFacts } from './oracle-awkward.ts';

export const password = 'canary-oracle-pässword💥';

export function newState(tables: OracleTable[] = []): OracleState {
  return { user: 'reader', password, service: 'shop.test', tables, signIns: [], broken: 0 };
}

/** A stand-in as the conformance suite wants its server; its SQL is tables in JSON. */
export function useOracle(): ServerUnderTest {
  const state = newState();
  const held = tablesInJson(state.tables, ({ columns }) => columns.map(([name]) => name));
  let server: TcpStandIn | undefined;
  const given = (): TcpStandIn => {
    if (!server) throw new Error('The stand-in is not running');
    return server;
  };
  beforeAll(async () => {
    server = await startOracle(state);
  });
  afterAll(() => server?.close());
  return {
    get connection() {
      const { port } = given();
      return { host: '127.0.0.1', port, username: 'reader', databaseName: state.service };
    },
    password,
    ...held,
    execute: (json) => Promise.resolve(held.execute(json)),
    readBack: () => Promise.resolve(held.readBack()),
    startTlsFront: (identity) => startOracle(state, { identity }),
    block() {
      const release = given().block();
      return Promise.resolve(() => Promise.resolve(release()));
    },
    connections: () => Promise.resolve(given().connections),
  };
}

export function* thousandTables(): Generator<string> {
  const columns = Array.from({ length: 20 }, (_, n) => columnFacts(`C${n}`, 'NUMBER'));
  for (let n = 0; n < 1_000; n += 1) {
    yield JSON.stringify([{ schema: 'LARGE', name: `T${n}`, type: 'TABLE', rows: '1', columns }]);
  }
}
