import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Connection } from '../../shared/connection.ts';
import { ConnectionFailure } from '../../workers/connectors/connector.ts';
import { createPostgresConnector } from '../../workers/connectors/postgres/connector.ts';
import { forwardPort } from '../../workers/egress/forward-port.ts';
import { createEgressPolicy } from '../../workers/egress/policy.ts';
import { startTls } from '../../workers/egress/tls.ts';
import { startCanary } from '../support/canary.ts';
import { canMakeCertificates, makeAuthority } from '../support/certificates.ts';
import { useEmptyDatabase } from '../support/database.ts';
import {
  makeSshKey,
  openSshMissing,
  type OpenSshServer,
  startOpenSsh,
} from '../support/servers/openssh.ts';
import { startTlsFront } from '../support/servers/tls-front.ts';
import { eventually } from '../support/worker.ts';
import { echoed, open, outcome, sshTarget, startEcho } from './ssh-target.ts';

const never = new AbortController().signal;
const postgres = createPostgresConnector();
const database = useEmptyDatabase();
const closed = createEgressPolicy({ allowCidrs: [], ownEndpoints: [] });

/** Sockets and listeners of this process, by which a leak shows. */
function handles(): number {
  const counted = new Set(['TCPSocketWrap', 'TCPServerWrap', 'MessagePort']);
  return process.getActiveResourcesInfo().filter((name) => counted.has(name)).length;
}

describe.skipIf(openSshMissing)(`an SSH tunnel ${openSshMissing ?? ''}`, () => {
  let server: OpenSshServer;
  let echo: Awaited<ReturnType<typeof startEcho>>;
  const key = openSshMissing ? null : makeSshKey({ type: 'ed25519' });
  const secrets = { sshPrivateKey: key?.privateKey ?? '' };

  const start = async (config: readonly string[] = []): Promise<OpenSshServer> => {
    const started = await startOpenSsh({ config });
    started.authorize(key?.publicKey ?? '');
    return started;
  };
  const to = ({ port, username }: OpenSshServer, connection: Partial<Connection> = {}) =>
    sshTarget({ port, username, secrets, connection });
  const toDatabase = (change: Partial<Connection> = {}) => {
    const { hostname, port, username, password } = new URL(inject('postgresUrl'));
    const connection = { host: hostname, port: Number(port), username, ...change };
    const target = to(server, { ...connection, databaseName: database.name });
    return { ...target, secrets: { ...secrets, password: decodeURIComponent(password) } };
  };
  const left = (): Promise<boolean> =>
    eventually(async () => {
      const { rows } = await database.pool.query<{ count: number }>(
        `select count(*)::int as count from pg_stat_activity
         where application_name = 'basekeep' and datname = current_database()`,
      );
      return rows[0]?.count === 0;
    }, 2_000);

  beforeAll(async () => {
    [server, echo] = await Promise.all([start(), startEcho()]);
    await database.pool.query('create table customer (id bigint primary key)');
  });
  afterAll(() => Promise.all([server.close(), echo.close()]));

  describe('to PostgreSQL', () => {
    test('passes every layer of a probe in order', async () => {
      const report = await postgres.probe(toDatabase(), never);
      expect(report.failure).toBeNull();
      expect(report.steps.map(({ step }) => step)).toEqual([
        'resolve',
        'address',
        'connect',
        'ssh',
        'sign-in',
        'query',
        'catalog',
      ]);
      await left();
    });

    test('reads the catalog', async () => {
      const tables = await Array.fromAsync(postgres.readCatalog(toDatabase(), never));
      expect(tables.map(({ name }) => name)).toEqual(['customer']);
      await left();
    });

    test.skipIf(!canMakeCertificates())(
      'checks the certificate against the name of the database, not of the tunnel',
      async () => {
        const authority = makeAuthority();
        const { hostname, port } = new URL(inject('postgresUrl'));
        const backend = { host: hostname, port: Number(port) };
        const probe = async (names: string) => {
          const front = await startTlsFront(authority.sign({ names }), backend);
          const tls = { sslEnabled: true, sslCaCertificate: authority.cert, host: 'localhost' };
          const target = toDatabase({ port: front.port, ...tls });
          const report = await postgres.probe(target, never);
          await front.close();
          return { ...report, days: target.findings.certificateExpiresInDays };
        };
        expect(await probe('DNS:localhost')).toMatchObject({ failure: null, days: 1 });
        const other = await probe('DNS:bastion.example,IP:127.0.0.1');
        expect(other.steps.at(-1)).toMatchObject({ step: 'tls', failure: 'TLS_NAME_MISMATCH' });
      },
    );

    test('cancels a running read within 2 s, on the server too', async () => {
      const client = await database.pool.connect();
      await client.query('begin; lock table pg_catalog.pg_attrdef in access exclusive mode');
      try {
        const stop = new AbortController();
        const reading = Array.fromAsync(postgres.readCatalog(toDatabase(), stop.signal));
        reading.catch(() => undefined);
        await sleep(1_000);
        const startedAt = performance.now();
        stop.abort();
        await expect(reading).rejects.toBeInstanceOf(ConnectionFailure);
        await left();
        expect(performance.now() - startedAt).toBeLessThan(2_000);
      } finally {
        await client.query('rollback');
        client.release();
      }
    });

    test('that breaks in the middle of a statement is told at once', async () => {
      const own = await start();
      const client = await database.pool.connect();
      await client.query('begin; lock table pg_catalog.pg_attrdef in access exclusive mode');
      try {
        const target = { ...toDatabase(), findings: to(own).findings };
        const through = { ...target, connection: { ...target.connection, sshPort: own.port } };
        const reading = Array.fromAsync(postgres.readCatalog(through, never));
        reading.catch(() => undefined);
        await sleep(1_000);
        const startedAt = performance.now();
        own.cut();
        await expect(reading).rejects.toEqual(new ConnectionFailure('CONNECTION_LOST'));
        expect(performance.now() - startedAt).toBeLessThan(1_500);
      } finally {
        await client.query('rollback');
        client.release();
        await own.close();
      }
    });
  });

  test.each([
    ['AllowTcpForwarding no', 'AllowTcpForwarding no'],
    ['PermitOpen', 'PermitOpen 127.0.0.1:1'],
  ])('that the server forbids with %s is told', async (_what, line) => {
    const own = await start([line]);
    expect(await outcome(to(own), { port: echo.port })).toBe('ssh: SSH_FORWARDING_REFUSED');
    await own.close();
  });

  test('to where nothing listens is told', async () => {
    expect(await outcome(to(server), { port: 1 })).toBe('ssh: SSH_FORWARDING_REFUSED');
    const host = 'no-such-host.invalid';
    expect(await outcome(to(server), { port: 1, host })).toBe('ssh: SSH_FORWARDING_REFUSED');
  });

  test('is one SSH connection for all sockets of a target, and mends itself', async () => {
    const own = await start();
    const target = to(own);
    const sockets = await Promise.all([1, 2, 3].map(() => open(target, echo.port)));
    await Promise.all(sockets.map((socket, n) => echoed(socket, `number ${n}`)));
    expect(own.log.match(/Accepted publickey/g)).toHaveLength(1);
    own.cut();
    await eventually(() => Promise.resolve(sockets.every(({ destroyed }) => destroyed)), 2_000);
    const next = await open(target, echo.port);
    expect(await echoed(next, 'again')).toBe('again');
    expect(own.log.match(/Accepted publickey/g)).toHaveLength(2);
    next.destroy();
    await own.close();
  });

  test('brings what was written last, and both directions to their end', async () => {
    const socket = await open(to(server), echo.port);
    const size = 8 * 1024 * 1024;
    let received = 0;
    socket.on('data', (chunk) => (received += chunk.length));
    socket.end(Buffer.alloc(size, 'x'));
    await once(socket, 'close');
    expect(received).toBe(size);
  });

  test('keeps for a driver that reads late what came before the end', async () => {
    const socket = await open(to(server), echo.port);
    const size = 64 * 1024;
    socket.end(Buffer.alloc(size, 'x'));
    // By then the channel, its socket and the server's process have long gone their way.
    await sleep(1_500);
    let received = 0;
    socket.on('data', (chunk) => (received += chunk.length));
    await once(socket, 'close');
    expect(received).toBe(size);
  });

  test('leaves nothing behind: no socket, no listener, no thread', async () => {
    await outcome(to(server), { port: echo.port });
    await sleep(1_200);
    const before = handles();
    for (let round = 0; round < 5; round += 1) {
      await outcome(to(server), { port: echo.port });
      await outcome(to(server), { port: 1 });
      await outcome(to(server), { port: echo.port, signal: AbortSignal.timeout(20) });
    }
    await eventually(() => Promise.resolve(handles() <= before), 5_000);
    await eventually(() => Promise.resolve(echo.sockets.size === 0), 5_000);
  });

  test.each(['127.0.0.1', 'localhost', '0', '127.1', '2130706433', '0x7f000001', '::1'])(
    'goes to no SSH server that the policy closes: %s',
    async (sshHost) => {
      const canary = await startCanary();
      try {
        const target = { ...to(server, { sshHost, sshPort: canary.port }), egress: closed };
        expect(await outcome(target, { port: echo.port })).toMatch(
          /^(address: SSH_ADDRESS_NOT_ALLOWED|resolve: SSH_HOST_NOT_FOUND)$/,
        );
        expect(canary.connections).toBe(0);
      } finally {
        await canary.close();
      }
    },
  );

  test('carries TLS whose failure is a failure, not an uncaught error', async () => {
    const socket = await open(to(server), echo.port);
    const tls = startTls(socket, {
      host: 'localhost',
      caCertificate: null,
      signal: never,
      timeoutMs: 2_000,
    });
    await expect(tls).rejects.toBeInstanceOf(ConnectionFailure);
  });

  describe('behind a port for drivers that want one', () => {
    test('takes the connection of this process', async () => {
      const options = { host: '127.0.0.1', port: echo.port, signal: never };
      const forwarded = await forwardPort(to(server), { ...options, connectTimeoutMs: 3_000 });
      const socket = connect(forwarded.port, forwarded.host);
      expect(await echoed(socket, 'through')).toBe('through');
      socket.destroy();
      await eventually(() => Promise.resolve(echo.sockets.size === 0), 5_000);
    });

    test('and of no other: it is closed unread', async () => {
      const options = { host: '127.0.0.1', port: echo.port, signal: never };
      const forwarded = await forwardPort(to(server), { ...options, connectTimeoutMs: 3_000 });
      const script = `const s = require('node:net').connect(${forwarded.port}, '127.0.0.1');
        s.write('stranger'); s.on('data', (d) => process.stdout.write(d)); s.on('error', () => {});`;
      const stranger = spawn(process.execPath, ['-e', script], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const said: Buffer[] = [];
      stranger.stdout.on('data', (chunk: Buffer) => said.push(chunk));
      await once(stranger, 'exit');
      expect(said).toEqual([]);
      const socket = connect(forwarded.port, forwarded.host);
      expect(await echoed(socket, 'ours')).toBe('ours');
      socket.destroy();
      forwarded.close();
    });
  });
});
