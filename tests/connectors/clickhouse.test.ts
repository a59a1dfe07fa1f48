import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClickhouseConnector } from '../../workers/connectors/clickhouse/connector.ts';
import { defaultDeadlines } from '../../workers/connectors/clickhouse/limits.ts';
import { openSession } from '../../workers/connectors/clickhouse/session.ts';
import { systemResolver } from '../../workers/egress/resolve.ts';
import { canMakeCertificates, makeAuthority } from '../support/certificates.ts';
import {
  type Clickhouse,
  clickhouseMissing,
  clickhousePassword,
  startClickhouse,
} from '../support/servers/clickhouse.ts';
import { connectionTarget } from '../support/connection-target.ts';
import { awkwardClickhouse } from './clickhouse-awkward.ts';
import {
  type RunningClickhouse,
  schema,
  thousandTables,
  useClickhouse,
} from './clickhouse-under-test.ts';
import { conforms } from './conformance.ts';

const missing = clickhouseMissing();

const route = {
  // A real resolver may take seconds to say that a name does not exist.
  resolver: (host: string) =>
    host.endsWith('.invalid') ? Promise.reject(new Error('ENOTFOUND')) : systemResolver(host),
};
const connector = createClickhouseConnector({ route });

async function start(): Promise<RunningClickhouse> {
  const { httpPort, execute, stop } = await startClickhouse();
  return {
    place: { hostname: '127.0.0.1', port: httpPort },
    ...{ username: 'reader', password: clickhousePassword, execute, stop },
    async connections() {
      const metric = `select value from system.metrics where metric = 'HTTPConnection'`;
      // The question is one itself.
      return Number(await execute(metric)) - 1;
    },
  };
}

describe.skipIf(missing !== null)(`a real ClickHouse${missing ? ` (${missing})` : ''}`, () => {
  conforms({
    dialect: 'CLICKHOUSE',
    connector,
    against: 'clickhouse-server 18.16, rogue servers',
    useServer: () => useClickhouse(start),
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
