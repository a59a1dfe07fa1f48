import { tmpdir } from 'node:os';
import { randomBytes } from 'node:crypto';
import { chown, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../../server/launcher/embedded-postgres.ts';
import { choosePostgresUser } from '../../../server/launcher/postgres/user.ts';
import { canMakeCertificates, makeAuthority } from '../../support/certificates.ts';
import { databaseUrl } from '../../support/database-url.ts';
import { largeSchemaStatements, type LargeSchema } from '../../support/sources/large-schema.ts';
import { makePostgresFolder, removePostgresFolder } from '../../support/folders/postgres-folder.ts';
import type { BenchRun } from '../bench.ts';

/** A customer's PostgreSQL: a server of its own, since workers do not connect to the control plane's. */
export interface Customer {
  /** The fields of a connection of the public API. */
  readonly connection: {
    readonly host: string;
    readonly port: number;
    readonly databaseName: string;
    readonly username: string;
    readonly password: string;
    readonly sslEnabled: boolean;
    readonly sslCaCertificate?: string;
  };
  /** The superuser's url of that database. */
  readonly url: string;
}

/** With TLS when certificates can be made here; the connection says which it was. */
export async function makeCustomer(run: BenchRun, options: { tls: boolean }): Promise<Customer> {
  const dataDir = await makePostgresFolder(tmpdir());
  run.stack.defer(() => removePostgresFolder(dataDir));
  const authority = options.tls && canMakeCertificates() ? makeAuthority() : null;
  // Longer than the days in which every check warns of the certificate's end.
  const tls = authority
    ? await tlsSettings(dataDir, authority.sign({ names: 'IP:127.0.0.1', days: 90 }))
    : {};
  // Only read from, so nothing of it has to survive a power failure.
  const settings = { ...tls, fsync: 'off', synchronous_commit: 'off' };
  const postgres = await startEmbeddedPostgres({ dataDir, settings });
  run.stack.defer(() => postgres.stop());
  const reader = await makeReader(postgres.url);
  return {
    connection: {
      host: '127.0.0.1',
      port: postgres.port,
      databaseName: 'customer',
      ...reader,
      sslEnabled: authority !== null,
      ...(authority ? { sslCaCertificate: authority.cert } : {}),
    },
    url: databaseUrl(postgres.url, 'customer'),
  };
}

async function tlsSettings(folder: string, identity: { cert: string; key: string }) {
  const cert = path.join(folder, 'server.crt');
  const key = path.join(folder, 'server.key');
  await writeFile(cert, identity.cert, { mode: 0o644 });
  await writeFile(key, identity.key, { mode: 0o600 });
  const user = await choosePostgresUser();
  if (user) await chown(key, user.uid, user.gid);
  return { ssl: 'on', ssl_cert_file: cert, ssl_key_file: key };
}

async function makeReader(superuserUrl: string): Promise<{ username: string; password: string }> {
  const password = randomBytes(12).toString('base64url');
  await withClient(superuserUrl, async (admin) => {
    await admin.query(`create role reader login password '${password}'`);
    await admin.query('create database customer');
  });
  return { username: 'reader', password };
}

/** Fills a customer's database with a schema of the shape that the goals are stated for. */
export async function fillCustomer({ url }: Customer, size: LargeSchema): Promise<void> {
  await withClient(url, async (client) => {
    for (const statements of largeSchemaStatements(size)) await client.query(statements);
    await client.query('vacuum analyze');
  });
}

export async function withClient<Result>(
  url: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
