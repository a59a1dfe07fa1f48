import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  blankConnection,
  type Connection,
  type ConnectionSecrets,
} from '../../../shared/connection.ts';
import type { Dialect } from '../../../shared/dialects.ts';
import { inheritedEnv } from '../../../server/launcher/children/inherited-env.ts';
import type { HostileServer, HostileWire } from '../../connectors/rogues/hostile-case.ts';
import { httpWires } from '../../connectors/rogues/http-wires.ts';
import { identities, opensslMissing } from '../../connectors/rogues/identities.ts';
import { mysqlWire } from '../../connectors/rogues/mysql-wire.ts';
import { postgresWires } from '../../connectors/rogues/postgres-wires.ts';
import { tdsWire } from '../../connectors/rogues/tds-wire.ts';
import { tnsWire } from '../../connectors/rogues/tns-wire.ts';
import { startRogueSsh, type RogueSshServer } from '../../egress/rogue-ssh.ts';
import { type Canary, startCanary } from '../../support/canary.ts';
import { writeDuckdb } from '../../support/sources/duckdb-file.ts';
import { findCanaries } from '../support/find-canaries.ts';
import { ambientEnv, fillHome } from './ambient-places.ts';

// D5 of the security programme: what lies about in the environment and the home folder is not sent.

const wires: readonly HostileWire[] = [...postgresWires, mysqlWire, tdsWire, tnsWire, ...httpWires];
const [postgresWire] = postgresWires;

interface Trial {
  readonly name: string;
  readonly dialect: Dialect;
  readonly connection: Partial<Connection>;
  readonly secrets: ConnectionSecrets;
}

/** By the name of its trial. */
const servers = new Map<string, HostileServer>();
const results = new Map<string, [failure: string | null, read: string | null]>();
const sshMethods: string[] = [];
let home: string;
let proxy: Canary;
let agent: Server;
let agentCalls = 0;
let ssh: RogueSshServer;
let control: HostileServer;

/** The most welcoming server that a wire has: it takes any secret, as readable as can be. */
async function welcoming(wire: HostileWire): Promise<{ server: HostileServer } & Partial<Trial>> {
  const row = [wire.rows['means well'], wire.rows['is mute at the sign-in']].find(
    (found) => 'start' in found,
  );
  if (!row || !('start' in row)) throw new Error(`${wire.dialect} has no server to try`);
  const server = await row.start();
  return { server, connection: { ...wire.connection, ...row.connection, port: server.port } };
}

async function trialsOf(wire: HostileWire): Promise<Trial[]> {
  const { dialect } = wire;
  const trials: Trial[] = [];
  for (const [how, secrets] of [
    ['with its own secret', wire.secrets],
    ['without a secret', {}],
  ] as const) {
    const name = `${dialect} ${how}`;
    const { server, connection = {} } = await welcoming(wire);
    servers.set(name, server);
    trials.push({ name, dialect, connection, secrets });
  }
  return trials;
}

beforeAll(async () => {
  if (opensslMissing) return;
  home = await mkdtemp(path.join(tmpdir(), 'home-'));
  fillHome(home);
  await writeDuckdb(path.join(home, 'shop.duckdb'), 'create table orders (id integer)');
  proxy = await startCanary();
  agent = createServer((socket) => {
    agentCalls += 1;
    socket.destroy();
  }).listen(path.join(home, 'agent'));
  await once(agent, 'listening');
  ssh = await startRogueSsh({
    onSignIn(context) {
      sshMethods.push(context.method);
      context.reject(['publickey', 'password', 'hostbased']);
    },
  });
  const trials: Trial[] = [];
  for (const wire of wires) trials.push(...(await trialsOf(wire)));
  trials.push(
    { name: 'DUCKDB', dialect: 'DUCKDB', connection: { databaseName: 'shop.duckdb' }, secrets: {} },
    {
      ...{ name: 'a tunnel', dialect: 'POSTGRES', secrets: { sshPassword: 'of the tunnel' } },
      connection: {
        ...{ host: '127.0.0.1', port: 5_432, username: 'somebody', sslEnabled: false },
        ...{ sshEnabled: true, sshHost: '127.0.0.1', sshPort: ssh.port, sshUsername: 'tester' },
      },
    },
  );
  if (!postgresWire) throw new Error('There is no PostgreSQL to be careless with');
  control = (await welcoming(postgresWire)).server;
  const whole = trials.map(({ connection, ...trial }) => ({
    ...trial,
    connection: { ...blankConnection(trial.dialect), ...connection },
  }));
  const task = {
    ...{ trials: whole, duckdbRoot: home },
    control: { port: control.port, ca: identities.authority },
  };
  const script = new URL('ambient-child.ts', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(task)], {
    env: { ...inheritedEnv(), ...ambientEnv(home, proxy.port) },
    timeout: 100_000,
  });
  for (const line of stdout.split('\n')) {
    if (!line.startsWith('[')) continue;
    const [name, failure, read] = JSON.parse(line) as [string, string | null, string | null];
    results.set(name, [failure, read]);
  }
}, 120_000);

afterAll(async () => {
  await Promise.all([...servers.values(), control, proxy, ssh].map((one) => one?.close()));
  agent?.close();
  if (home) await rm(home, { recursive: true, force: true });
});

describe.skipIf(opensslMissing !== null)(`what lies about ${opensslMissing ?? ''}`, () => {
  test.each(wires)('$dialect is reached with its own secret alone', ({ dialect, forms }) => {
    const own = servers.get(`${dialect} with its own secret`)?.received ?? Buffer.alloc(0);
    expect(forms.some((form) => own.includes(form))).toBe(true);
    expect(findCanaries(own)).toEqual([]);
  });

  test.each(wires)('$dialect without a secret is reached with none', ({ dialect, forms }) => {
    const name = `${dialect} without a secret`;
    const received = servers.get(name)?.received ?? Buffer.alloc(0);
    expect(results.has(name)).toBe(true);
    expect(forms.filter((form) => received.includes(form))).toEqual([]);
    expect(findCanaries(received)).toEqual([]);
  });

  test('a file is opened as it is', () => {
    expect(results.get('DUCKDB')).toEqual([null, null]);
  });

  test('a tunnel is signed in to with what was given, and asks no agent', () => {
    expect(results.get('a tunnel')?.[0]).toBe('SSH_AUTHENTICATION_FAILED');
    expect(sshMethods).toContain('password');
    expect(sshMethods).not.toContain('publickey');
    expect(agentCalls).toBe(0);
  });

  test('no proxy is gone through', () => {
    expect(proxy.connections).toBe(0);
  });

  test('and a careless client would have sent it', () => {
    expect(findCanaries(control.received)).not.toEqual([]);
  });
});
