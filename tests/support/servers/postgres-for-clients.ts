import { chownSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../../server/launcher/embedded-postgres.ts';
import type { Identity } from '../certificates.ts';
import { databaseUrl } from '../database-url.ts';
import { makePostgresFolder, removePostgresFolder } from '../folders/postgres-folder.ts';

export interface PostgresForClients {
  readonly port: number;
  /** Runs statements in `shop` as its owner. */
  execute(sql: string): Promise<void>;
  stop(): Promise<void>;
}

/** Only with a certificate of the authority and a password; its owner is let in by the latter alone. */
const rules = `hostssl shop reader 127.0.0.1/32 scram-sha-256 clientcert=verify-ca
host all basekeep 127.0.0.1/32 scram-sha-256
`;

/**
 * A private PostgreSQL with the database `shop`, which shows `identity` and lets `reader` in only with
 * a certificate of `clientAuthority` (PEM).
 */
export async function startPostgresForClients(
  identity: Identity,
  clientAuthority: string,
): Promise<PostgresForClients> {
  const dataDir = await makePostgresFolder();
  const server = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } });
  const stop = async (): Promise<void> => {
    await server.stop();
    await removePostgresFolder(dataDir);
  };
  try {
    await run(server.url, async (owner) => {
      const { rows } = await owner.query<{ folder: string }>(
        `select setting as folder from pg_settings where name = 'data_directory'`,
      );
      const { cert, key } = identity;
      const files = { 'server.crt': cert, 'server.key': key, 'root.crt': clientAuthority };
      writeFiles(rows[0]?.folder ?? '', { ...files, 'pg_hba.conf': rules });
      await owner.query('create database shop');
      await owner.query(`alter system set ssl_ca_file = 'root.crt'`);
      await owner.query(`alter system set ssl = on`);
      await owner.query('select pg_reload_conf()');
    });
    await untilEncrypting(server.url);
    const execute = (sql: string): Promise<void> =>
      run(databaseUrl(server.url, 'shop'), (owner) => owner.query(sql));
    return { port: server.port, execute, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** As files of whoever the server runs as: it refuses keys of others. */
function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  const { uid, gid } = statSync(folder);
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    chownSync(file, uid, gid);
  }
}

async function run(url: string, work: (owner: pg.Client) => Promise<unknown>): Promise<void> {
  const owner = new pg.Client(url);
  await owner.connect();
  try {
    await work(owner);
  } finally {
    await owner.end();
  }
}

/** A server takes up its settings when it comes to it; new sessions see them from then on. */
async function untilEncrypting(url: string): Promise<void> {
  let isOn = false;
  while (!isOn) {
    await run(url, async (owner) => {
      const { rows } = await owner.query<{ ssl: string }>('show ssl');
      isOn = rows[0]?.ssl === 'on';
    });
  }
}
