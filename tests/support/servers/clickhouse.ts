import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Identity } from '../certificates.ts';
import { freePort } from '../free-port.ts';
import { findProgram } from '../processes/find-program.ts';
import { postClickhouse } from './post-clickhouse.ts';

export interface Clickhouse {
  readonly httpPort: number;
  /** Where it speaks HTTPS, when it was given an identity. */
  readonly httpsPort: number;
  /** Runs one statement as an administrator and returns its answer's text. */
  execute(statement: string): Promise<string>;
  stop(): Promise<void>;
}

/** Users of every test server: `reader`, and `locked`, whose profile is readonly=1. */
export const clickhousePassword = 'canary-clickhouse-pässword';

const startMs = 30_000;

/** Why tests against a real ClickHouse are skipped here; null when they are not. */
export function clickhouseMissing(): string | null {
  return findProgram('clickhouse-server') === null ? 'skipped: clickhouse-server not found' : null;
}

/**
 * A private ClickHouse on free ports of 127.0.0.1, its data in a folder of its own. With an authority
 * (PEM) it lets nobody in over HTTPS who has no certificate of it.
 */
export async function startClickhouse(
  identity?: Identity,
  clientAuthority?: string,
): Promise<Clickhouse> {
  const folder = mkdtempSync(path.join(tmpdir(), 'clickhouse-'));
  const [httpPort, httpsPort, tcpPort] = [await freePort(), await freePort(), await freePort()];
  writeFileSync(path.join(folder, 'users.xml'), users);
  writeFileSync(
    path.join(folder, 'config.xml'),
    config(
      folder,
      { httpPort, tcpPort },
      identity ? https(folder, httpsPort, clientAuthority) : '',
    ),
  );
  for (const name of ['data', 'tmp']) mkdirSync(path.join(folder, name));
  if (identity) {
    writeFileSync(path.join(folder, 'cert.pem'), identity.cert);
    writeFileSync(path.join(folder, 'key.pem'), identity.key, { mode: 0o600 });
    writeFileSync(path.join(folder, 'clients.pem'), clientAuthority ?? '');
  }
  const server = spawn(
    findProgram('clickhouse-server') ?? 'clickhouse-server',
    [`--config-file=${path.join(folder, 'config.xml')}`],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const log: string[] = [];
  for (const stream of [server.stdout, server.stderr]) {
    stream.on('data', (chunk: Buffer) => log.push(chunk.toString()));
  }
  const stop = async (): Promise<void> => {
    await end(server);
    rmSync(folder, { recursive: true, force: true });
  };
  const administrator = { username: 'administrator', password: '' };
  const place = { hostname: '127.0.0.1', port: httpPort };
  const execute = (statement: string): Promise<string> =>
    postClickhouse({ ...place, ...administrator }, statement);
  try {
    await untilReady(() => execute('select 1'), server);
  } catch (error) {
    await stop();
    throw new Error(`clickhouse-server did not start: ${log.join('').slice(-2_000)}`, {
      cause: error,
    });
  }
  return { httpPort, httpsPort, execute, stop };
}

function https(folder: string, port: number, clientAuthority: string | undefined): string {
  const asks = clientAuthority
    ? `<verificationMode>strict</verificationMode><caConfig>${folder}/clients.pem</caConfig>
  <loadDefaultCAFile>false</loadDefaultCAFile>`
    : '<verificationMode>none</verificationMode>';
  return `<https_port>${port}</https_port>
  <openSSL><server><certificateFile>${folder}/cert.pem</certificateFile>
  <privateKeyFile>${folder}/key.pem</privateKeyFile>${asks}
  <cacheSessions>true</cacheSessions><disableProtocols>sslv2,sslv3</disableProtocols>
  </server></openSSL>`;
}

function config(
  folder: string,
  { httpPort, tcpPort }: { httpPort: number; tcpPort: number },
  tls: string,
): string {
  // <yandex> is the root that 18.16 wants; newer servers accept it too.
  return `<yandex>
  <logger><level>warning</level><console>1</console></logger>
  <http_port>${httpPort}</http_port><tcp_port>${tcpPort}</tcp_port><listen_host>127.0.0.1</listen_host>
  ${tls}
  <path>${folder}/data/</path><tmp_path>${folder}/tmp/</tmp_path>
  <users_config>${folder}/users.xml</users_config>
  <default_profile>default</default_profile><default_database>default</default_database>
  <mark_cache_size>5368709</mark_cache_size>
</yandex>`;
}

const user = (name: string, password: string, profile: string): string => `<${name}>
  <password>${password}</password><networks><ip>127.0.0.1</ip></networks>
  <profile>${profile}</profile><quota>default</quota></${name}>`;

const users = `<yandex>
  <profiles><default></default><locked><readonly>1</readonly></locked></profiles>
  <users>
    ${user('administrator', '', 'default')}
    ${user('reader', clickhousePassword, 'default')}
    ${user('locked', clickhousePassword, 'locked')}
  </users>
  <quotas><default></default></quotas>
</yandex>`;

async function untilReady(ask: () => Promise<unknown>, server: ChildProcess): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (server.exitCode !== null || performance.now() - startedAt > startMs) throw error;
      await sleep(50);
    }
  }
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  // Nothing of a test has to survive, and a polite stop takes seconds.
  server.kill('SIGKILL');
  await once(server, 'exit');
}
