import { afterAll, beforeAll } from 'vitest';
import type { CatalogTable } from '../../shared/catalog.ts';
import { type Front, inTls, type Place, startFront } from '../support/servers/front.ts';
import type { ServerUnderTest } from './conformance.ts';

/** The database that the suite makes, and reads nothing but. */
export const schema = 'basekeep_test';

/** A server that has been started, or found. */
export interface RunningClickhouse {
  /** Where it speaks HTTP. */
  readonly place: Place;
  readonly username: string;
  readonly password: string;
  /** Runs one statement as an administrator and returns its answer's text. */
  execute(statement: string): Promise<string>;
  /** Of data sources' users; null leaves the counting to us, who see who is connected through us. */
  readonly connections: (() => Promise<number>) | null;
  stop(): Promise<void>;
}

/** A ClickHouse as the conformance suite wants its server, behind a port that can be blocked. */
export function useClickhouse(start: () => Promise<RunningClickhouse>): ServerUnderTest {
  let server: RunningClickhouse;
  let front: Front;
  beforeAll(async () => {
    server = await start();
    front = await startFront(server.place);
    await server.execute(`create database ${schema}`);
  });
  afterAll(async () => {
    await front?.close();
    await server?.stop();
  });
  const lines = async (statement: string): Promise<string[]> =>
    (await server.execute(statement)).split('\n').filter((line) => line !== '');
  return {
    get connection() {
      const { username } = server;
      return { host: '127.0.0.1', port: front.port, username, databaseName: schema };
    },
    get password() {
      return server.password;
    },
    async execute(sql) {
      for (const statement of sql.split(';;')) await server.execute(statement);
    },
    readBack: () => describeTables(lines),
    summarize,
    startTlsFront: (identity) => startFront(server.place, inTls(identity)),
    block() {
      const release = front.block();
      return Promise.resolve(() => Promise.resolve(release()));
    },
    connections: () => server.connections?.() ?? Promise.resolve(front.connections),
  };
}

async function describeTables(lines: (statement: string) => Promise<string[]>): Promise<unknown> {
  const names = await lines(`show tables from ${schema} like 'large%'`);
  const columnsOf = async (name: string): Promise<string[][]> => {
    const columns = await lines(`describe table ${schema}.\`${name}\``);
    return columns.map((line) => [name, ...line.replaceAll("\\'", "'").split('\t').slice(0, 4)]);
  };
  const described: string[][] = [];
  // Twenty at a time: ClickHouse turns away those who come in hundreds.
  for (let from = 0; from < names.length; from += 20)
    described.push(...(await Promise.all(names.slice(from, from + 20).map(columnsOf))).flat());
  return described.sort(byText);
}

/** What `describe` says, out of our own catalog. */
function summarize(tables: readonly CatalogTable[]): unknown {
  return tables
    .filter(({ name }) => name.startsWith('large'))
    .flatMap(({ name, columns }) =>
      columns.map((column) => [
        ...[name, column.name, column.type],
        ...[column.default ? 'DEFAULT' : '', column.default ?? ''],
      ]),
    )
    .sort(byText);
}

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}

export function* thousandTables(): Generator<string> {
  for (let n = 0; n < 1_000; n += 1) {
    const columns = Array.from({ length: 20 }, (_, c) => `c${c} UInt32 default ${c}`).join(', ');
    yield `create table ${schema}.large_${n} (${columns}) engine = Memory`;
  }
}
