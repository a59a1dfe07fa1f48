import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { CatalogTable } from '../../shared/catalog.ts';
import type { ConnectionFailureCode } from '../../shared/connection-failures.ts';
import type { Connection, SecretField } from '../../shared/connection.ts';
import type { ConnectableDialect } from '../../shared/dialects.ts';
import type { ProbeStepName } from '../../shared/probe.ts';
import {
  ConnectionFailure,
  type Connector,
  type ProbeReport,
} from '../../workers/connectors/connector.ts';
import { createEgressPolicy } from '../../workers/egress/policy.ts';
import {
  canMakeCertificates,
  type Identity,
  type IdentityOptions,
  makeAuthority,
  makeSelfSigned,
} from '../support/certificates.ts';
import { connectionTarget } from '../support/connection-target.ts';
import { freePort } from '../support/free-port.ts';

/** A server of the dialect, each member readable from `beforeAll` hooks on. */
export interface ServerUnderTest {
  /** Reaches an empty database; without TLS unless the dialect cannot. */
  readonly connection: Partial<Connection>;
  readonly password: string;
  execute(sql: string): Promise<void>;
  /** Every table as the connector should report it, read in another way. Row estimates left out. */
  readBack(): Promise<unknown>;
  /** The same facts out of what the connector reported. */
  summarize(tables: readonly CatalogTable[]): unknown;
  /** Where a server without TLS is, when `connection` leads to one that insists on it. */
  readonly withoutTls?: Partial<Connection>;
  /** The same server behind a certificate. */
  startTlsFront(identity: Identity): Promise<{ port: number; close(): Promise<void> }>;
  /** Keeps every catalog read waiting until the returned function is called. */
  block(): Promise<() => Promise<void>>;
  /** How many connections the server has from data sources' users. */
  connections(): Promise<number>;
}

/** What a probe says when one thing is wrong. */
interface WrongCase {
  readonly changes: Partial<Connection>;
  readonly step: ProbeStepName;
  readonly failure: ConnectionFailureCode;
}

export interface DialectUnderTest {
  readonly dialect: ConnectableDialect;
  readonly connector: Connector;
  /** Registers the hooks of one server; called once in a `describe`. */
  useServer(): ServerUnderTest;
  /** Everything awkward that the dialect can express, and what it should read as. */
  readonly awkward: { readonly sql: string; readonly expected: readonly CatalogTable[] };
  /** Statements that make at least 1,000 tables. */
  thousandTables(): Iterable<string>;
  /** The layers of a healthy probe, where they are others than those of a server without TLS. */
  readonly steps?: readonly ProbeStepName[];
  /** What the version looks like; default: it has a digit. */
  readonly version?: RegExp;
  /** What differs from the usual; null where the dialect has no such thing to be wrong. */
  readonly wrong?: { readonly [W in 'host' | 'port' | 'user' | 'database']?: WrongCase | null };
  /**
   * The name of a vendor's service, which is always reached with TLS and by this name only.
   * `startTlsFront` then also leads the connector to the front.
   */
  readonly vendorHost?: string;
  /** More names of the vendor that the connector asks on its way, such as the one for tokens. */
  readonly moreHosts?: readonly string[];
  /** Where the server's `password` belongs, and another one of its form, where that matters. */
  readonly secret?: { readonly field: SecretField; readonly wrong: string };
}

const never = new AbortController().signal;
const plainSteps = ['resolve', 'address', 'connect', 'sign-in', 'query', 'catalog'];

/** What every connector promises, run against one dialect. */
export function conforms(under: DialectUnderTest): void {
  describe(under.dialect, () => {
    const server = under.useServer();
    const target = (changes: Partial<Connection> = {}, password = server.password) =>
      connectionTarget(
        { dialect: under.dialect, ...server.connection, ...changes },
        password,
        under.secret?.field,
      );
    const wrongPassword = under.secret?.wrong ?? 'not the password';
    const probe = (changes: Partial<Connection> = {}, password = server.password) =>
      under.connector.probe(target(changes, password), never);
    const read = () => Array.fromAsync(under.connector.readCatalog(target(), never));

    /** The usual way in which something is wrong, unless the dialect has its own, or none. */
    function usual(
      what: 'host' | 'port' | 'user' | 'database',
      changes: Partial<Connection> | (() => Promise<Partial<Connection>>),
      step: ProbeStepName,
      failure: ConnectionFailureCode,
    ): [string, () => Promise<ProbeReport>, string, ConnectionFailureCode][] {
      const own = under.wrong?.[what];
      if (own === null) return [];
      if (own) return [[what, () => probe(own.changes), own.step, own.failure]];
      const given = async () => (typeof changes === 'function' ? changes() : changes);
      return [[what, async () => probe(await given()), step, failure]];
    }

    describe('a probe', () => {
      test('of a healthy server passes every layer and names the version', async () => {
        const report = await probe();
        expect(report.failure).toBeNull();
        expect(report.steps.map(({ step }) => step)).toEqual(under.steps ?? plainSteps);
        expect(report.serverVersion).toMatch(under.version ?? /\d/);
        const total = report.steps.reduce((sum, { durationMs }) => sum + durationMs, 0);
        expect(report.durationMs).toBeGreaterThanOrEqual(total);
      });

      const wrong: [string, () => Promise<ProbeReport>, string, ConnectionFailureCode][] = [
        ...usual('host', { host: 'no-such-host.invalid' }, 'resolve', 'HOST_NOT_FOUND'),
        ...usual('port', async () => ({ port: await freePort() }), 'connect', 'CONNECTION_REFUSED'),
        ['password', () => probe({}, wrongPassword), 'sign-in', 'AUTHENTICATION_FAILED'],
        ...usual('user', { username: 'nobody "of" that name' }, 'sign-in', 'AUTHENTICATION_FAILED'),
        ...usual('database', { databaseName: 'no such database' }, 'sign-in', 'DATABASE_NOT_FOUND'),
      ];
      test.each(wrong)('with a wrong %s says so', async (_what, run, step, failure) => {
        const report = await run();
        expect(report.failure).toBe(failure);
        expect(report.steps.at(-1)).toMatchObject({ step, failure });
        expect(report.steps.slice(0, -1).every((passed) => passed.failure === null)).toBe(true);
        expect(report.serverVersion).toBeNull();
      });

      test('of an address that is closed opens nothing', async () => {
        const egress = createEgressPolicy({ allowCidrs: [], ownEndpoints: [] });
        const report = await under.connector.probe({ ...target(), egress }, never);
        expect(report.steps.at(-1)).toMatchObject({
          step: 'address',
          failure: 'ADDRESS_NOT_ALLOWED',
        });
      });

      test('that is aborted, before or meanwhile, still answers', async () => {
        expect((await under.connector.probe(target(), AbortSignal.abort())).failure).not.toBeNull();
        const unblock = await server.block();
        try {
          const startedAt = performance.now();
          const report = await under.connector.probe(target(), AbortSignal.timeout(200));
          expect(report.failure).toBe('TIMEOUT');
          expect(performance.now() - startedAt).toBeLessThan(2_000);
        } finally {
          await unblock();
        }
      });
    });

    describe.skipIf(!canMakeCertificates())('TLS (needs the openssl command)', () => {
      const authority = canMakeCertificates() ? makeAuthority() : undefined;
      const { vendorHost, moreHosts = [] } = under;
      const names = vendorHost
        ? [vendorHost, ...moreHosts].map((name) => `DNS:${name}`).join()
        : 'DNS:localhost,IP:127.0.0.1';
      const local = { names };
      const hosts = vendorHost ? [vendorHost] : ['localhost', '127.0.0.1'];
      const sign = (options: IdentityOptions): Identity => {
        if (!authority) throw new Error('Without openssl there are no certificates');
        return authority.sign(options);
      };
      async function probeTls(
        identity: Identity,
        changes: Partial<Connection>,
      ): Promise<ProbeReport> {
        const front = await server.startTlsFront(identity);
        try {
          const ca = { sslCaCertificate: authority?.cert ?? null };
          const port = vendorHost ? {} : { port: front.port };
          return await probe({ ...port, sslEnabled: true, ...ca, ...changes });
        } finally {
          await front.close();
        }
      }

      test.each(hosts)('is verified by the given authority for %s', async (host) => {
        const report = await probeTls(sign(local), { host });
        expect(report.failure).toBeNull();
        expect(report.steps.map(({ step }) => step)).toContain('tls');
      });

      const refused: [string, () => Identity, Partial<Connection>, ConnectionFailureCode][] = [
        ['an unknown authority', () => sign(local), { sslCaCertificate: null }, 'TLS_UNTRUSTED'],
        ['a self-signed certificate', () => makeSelfSigned(local), {}, 'TLS_UNTRUSTED'],
        ['another name', () => sign({ names: 'DNS:other.example' }), {}, 'TLS_NAME_MISMATCH'],
        ['an expired certificate', () => sign({ ...local, days: -1 }), {}, 'TLS_EXPIRED'],
      ];
      test.each(refused)('refuses %s', async (_what, identity, changes, failure) => {
        const report = await probeTls(identity(), { host: hosts[0] ?? null, ...changes });
        expect(report.steps.at(-1)).toMatchObject({ step: 'tls', failure });
      });
    });

    // A vendor's own host has no port without TLS to begin with.
    if (!under.vendorHost) {
      test('TLS that is asked for is never done without', async () => {
        const report = await probe({ ...server.withoutTls, sslEnabled: true });
        expect(report.steps.at(-1)).toMatchObject({ step: 'tls', failure: 'TLS_NOT_SUPPORTED' });
      });
    }

    describe('a catalog', () => {
      test('without tables is empty', async () => {
        expect(await read()).toEqual([]);
      });

      describe('of awkward tables', () => {
        beforeAll(() => server.execute(under.awkward.sql));

        test('is read in full depth', async () => {
          const tables = sorted((await read()).map((table) => CatalogTable.parse(table)));
          expect(tables.map(withoutEstimate)).toEqual(
            sorted(under.awkward.expected).map(withoutEstimate),
          );
        });

        test('reads the same a second time', async () => {
          expect(sorted(await read())).toEqual(sorted(await read()));
        });
      });

      describe('of a thousand tables', () => {
        beforeAll(async () => {
          for (const statement of under.thousandTables()) await server.execute(statement);
        });

        test('agrees with what the server says in another way', async () => {
          const tables = await read();
          expect(tables.length).toBeGreaterThanOrEqual(1_000);
          expect(
            new Set(tables.map(({ schema, name }) => JSON.stringify([schema, name]))).size,
          ).toBe(tables.length);
          expect(server.summarize(tables)).toEqual(await server.readBack());
        });

        test('leaves nothing open when its reader stops early', async () => {
          const before = openSockets();
          for await (const table of under.connector.readCatalog(target(), never)) {
            expect(table.name).toBeTypeOf('string');
            break;
          }
          await expectGone(before, server);
        });

        test('stops within two seconds when aborted, on the server too', async () => {
          const unblock = await server.block();
          // Also opens the test's own second connection, which is not ours to count.
          expect(await server.connections()).toBe(0);
          const before = openSockets();
          try {
            const controller = new AbortController();
            const reading = Array.fromAsync(
              under.connector.readCatalog(target(), controller.signal),
            );
            const failure = expect(reading).rejects.toThrow(
              new ConnectionFailure('CONNECTION_LOST'),
            );
            await sleep(300);
            const abortedAt = performance.now();
            controller.abort();
            await failure;
            expect(performance.now() - abortedAt).toBeLessThan(2_000);
            await expectGone(before, server);
          } finally {
            await unblock();
          }
        });
      });
    });

    test('twenty probes, good and bad, leave no socket and no listener behind', async () => {
      const before = openSockets();
      const controller = new AbortController();
      const reports = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          under.connector.probe(
            target({}, n % 2 ? wrongPassword : server.password),
            controller.signal,
          ),
        ),
      );
      expect(reports.filter(({ failure }) => failure === null)).toHaveLength(10);
      await expectGone(before, server);
    });
  });
}

async function expectGone(before: number, server: ServerUnderTest): Promise<void> {
  await expect.poll(() => server.connections(), { timeout: 2_000, interval: 50 }).toBe(0);
  await expect.poll(openSockets, { timeout: 2_000, interval: 50 }).toBeLessThanOrEqual(before);
}

/** Sockets that this process has open; the pool of the test database is part of it. */
function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
}

function sorted(tables: readonly CatalogTable[]): CatalogTable[] {
  const key = ({ schema, name }: CatalogTable): string => JSON.stringify([schema, name]);
  return [...tables].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Estimates change whenever the server feels like counting. */
function withoutEstimate({
  rowEstimate: _,
  ...table
}: CatalogTable): Omit<CatalogTable, 'rowEstimate'> {
  return table;
}
