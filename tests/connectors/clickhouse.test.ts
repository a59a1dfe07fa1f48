import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CatalogTable } from '../../shared/catalog.ts';
import { createClickhouseConnector } from '../../workers/connectors/clickhouse/connector.ts';
import { defaultDeadlines } from '../../workers/connectors/clickhouse/limits.ts';
import { openSession } from '../../workers/connectors/clickhouse/session.ts';
import { systemResolver } from '../../workers/egress/resolve.ts';
import { canMakeCertificates, makeAuthority } from '../support/certificates.ts';
import {
  type Clickhouse,
  clickhouseMissing,
  clickhousePassword,
  type Front,
  startClickhouse,
  startFront,
} from '../support/servers/clickhouse.ts';
import { connectionTarget } from '../support/connection-target.ts';
import { awkwardClickhouse } from './clickhouse-awkward.ts';
import { conforms, type ServerUnderTest } from './conformance.ts';

const missing = clickhouseMissing();
const schema = 'basekeep_test';

const route = {
  // A real resolver may take seconds to say that a name does not exist.
  resolver: (host: string) =>
    host.endsWith('.invalid') ? Promise.reject(new Error('ENOTFOUND')) : systemResolver(host),
};
const connector = createClickhouseConnector({ route });

function useServer(): ServerUnderTest {
  let server: Clickhouse;
  let front: Front;
  beforeAll(async () => {
    server = await startClickhouse();
    front = await startFront(server.httpPort);
    await server.execute(`create database ${schema}`);
  });
  afterAll(async () => {
    await front.close();
    await server.stop();
  });
  const lines = async (statement: string): Promise<string[]> =>
    (await server.execute(statement)).split('\n').filter((line) => line !== '');
  return {
    get connection() {
      const { port } = front;
      return { host: '127.0.0.1', port, username: 'reader', databaseName: schema };
    },
    password: clickhousePassword,
    async execute(sql) {
      for (const statement of sql.split(';;')) await server.execute(statement);
    },
    async readBack() {
      const names = (
        await lines(`show tables from ${schema} like 'large%' format JSONEachRow`)
      ).map((line) => JSON.parse(line).name as string);
      const columnsOf = async (name: string): Promise<string[][]> => {
        const columns = await lines(`describe table ${schema}.\`${name}\``);
        return columns.map((line) => [
          name,
          ...line.replaceAll("\\'", "'").split('\t').slice(0, 4),
        ]);
      };
      const described: string[][] = [];
      // Twenty at a time: ClickHouse turns away those who come in hundreds.
      for (let from = 0; from < names.length; from += 20)
        described.push(...(await Promise.all(names.slice(from, from + 20).map(columnsOf))).flat());
      return described.sort(byText);
    },
    summarize,
    startTlsFront: (identity) => startFront(server.httpPort, identity),
    block() {
      front.block();
      return Promise.resolve(() => Promise.resolve(front.unblock()));
    },
    async connections() {
      const [metrics] = await lines(
        `select value from system.metrics where metric = 'HTTPConnection'`,
      );
      // The question is one itself.
      return Number(metrics) - 1;
    },
  };
}

/** What `describe` says, out of our own catalog. */
function summarize(tables: readonly CatalogTable[]): unknown {
  return tables
    .filter(({ name }) => name.startsWith('large'))
    .flatMap(({ name, columns }) =>
      columns.map((column) => [
        name,
        column.name,
        column.type,
        column.default ? 'DEFAULT' : '',
        column.default ?? '',
      ]),
    )
    .sort(byText);
}

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}

function* thousandTables(): Generator<string> {
  for (let n = 0; n < 1_000; n += 1) {
    const columns = Array.from({ length: 20 }, (_, c) => `c${c} UInt32 default ${c}`).join(', ');
    yield `create table ${schema}.large_${n} (${columns}) engine = Memory`;
  }
}

describe.skipIf(missing !== null)(`a real ClickHouse${missing ? ` (${missing})` : ''}`, () => {
  conforms({
    dialect: 'CLICKHOUSE',
    connector,
    against: 'clickhouse-server 18.16, rogue servers',
    useServer,
    awkward: awkwardClickhouse(schema),
    thousandTables,
  });

  describe('beyond the suite', () => {
    const authority = canMakeCertificates() ? makeAuthority() : null;
    let server: Clickhouse;
    const fields = { dialect: 'CLICKHOUSE', host: '127.0.0.1', username: 'reader' } as const;
    const never = new AbortController().signal;
    beforeAll(async () => {
      server = await startClickhouse(authority?.sign({ names: 'DNS:localhost,IP:127.0.0.1' }));
      await server.execute('create database one');
      await server.execute('create table one.t (id UInt8) engine = Memory');
      await server.execute('create database two');
      await server.execute('create table two.t (id UInt8) engine = Memory');
    });
    afterAll(() => server.stop());
    const target = (more: object) =>
      connectionTarget({ ...fields, port: server.httpPort, ...more }, clickhousePassword);
    const names = async (more: object) =>
      (await Array.fromAsync(connector.readCatalog(target(more), never))).map(
        (table) => `${table.schema}.${table.name}`,
      );

    test.skipIf(!authority)('its own HTTPS is verified by the given authority', async () => {
      const tls = { sslEnabled: true, port: server.httpsPort, host: 'localhost' };
      const trusted = { ...tls, sslCaCertificate: authority?.cert ?? null };
      expect((await connector.probe(target(trusted), never)).failure).toBeNull();
      expect(await names(trusted)).toEqual(['one.t', 'two.t']);
      expect((await connector.probe(target(tls), never)).failure).toBe('TLS_UNTRUSTED');
    });

    test('without a database name every database is read, with one only that', async () => {
      expect(await names({})).toEqual(['one.t', 'two.t']);
      expect(await names({ databaseName: 'two' })).toEqual(['two.t']);
    });

    test('a user who may not change a setting is served as well', async () => {
      expect(await names({ username: 'locked' })).toEqual(['one.t', 'two.t']);
      expect((await connector.probe(target({ username: 'locked' }), never)).failure).toBeNull();
    });

    test('nothing can be written, whatever the statement', async () => {
      const settings = { deadlines: defaultDeadlines, route };
      const session = await openSession(target({}), settings, never);
      const text = 'create table one.written (id UInt8) engine = Memory';
      await expect(session.prove({ text, fields: 1 })).rejects.toThrow('PERMISSION_DENIED');
      await session.close();
      expect(await server.execute('exists one.written')).toBe('0\n');
    });

    test('a statement that runs is stopped on the server within two seconds', async () => {
      const settings = { deadlines: defaultDeadlines, route };
      const controller = new AbortController();
      const session = await openSession(target({}), settings, controller.signal);
      const running = `select count() from system.processes where user = 'reader'`;
      const text = `select count(), '.' from system.numbers where not ignore(rand()) format TabSeparated`;
      const proof = session.prove({ text, fields: 1 });
      await expect.poll(() => server.execute(running), { timeout: 2_000 }).toBe('1\n');
      controller.abort();
      await expect(proof).rejects.toThrow('CONNECTION_LOST');
      await session.close();
      await expect.poll(() => server.execute(running), { timeout: 2_000 }).toBe('0\n');
    });

    test('an exception amid the rows is not taken for a row', async () => {
      const session = await openSession(target({}), { deadlines: defaultDeadlines, route }, never);
      const ask = { maxBytes: 1e9, firstRowMs: 5_000, timeoutMs: 5_000 };
      const text = `select number, '.' from system.numbers where throwIf(number = 3000000) = 0
        limit 10000000 format TabSeparated`;
      let seen = 0;
      const reading = (async () => {
        for await (const page of session.rows({ text, fields: 1 }, ask)) seen += page.length;
      })();
      await expect(reading).rejects.toThrow('SERVER_ERROR');
      expect(seen).toBeGreaterThan(1_000);
      await session.close();
    });

    test('names that are not UTF-8 keep apart and keep their order', async () => {
      await server.execute('create database bytes');
      for (const escape of ['\\xff', '\\xfe', '\\xef\\xbf\\xbd']) {
        await server.execute(`create table bytes.\`b${escape}\` (id UInt8) engine = Memory`);
      }
      expect(await names({ databaseName: 'bytes' })).toEqual([
        'bytes.b\u{fffd}',
        'bytes.b\\xfe',
        'bytes.b\\xff',
      ]);
    });
  });
});
