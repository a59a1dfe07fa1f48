import { randomBytes, randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import path from 'node:path';
import { z } from 'zod';
import { failedWith, readJson, writeJsonAtomically } from '../json-file.ts';

const PostgresSettings = z.object({
  port: z.number().int().min(1).max(65_535),
  password: z.string().min(1),
});

/** What outlives a start: data sources are bound to the port, the cluster to the password. */
export type PostgresSettings = z.infer<typeof PostgresSettings>;

/** What is kept; undefined before the first start has chosen it. */
export const readSettings = (dataDir: string): Promise<PostgresSettings | undefined> =>
  readJson(settingsFile(dataDir), PostgresSettings);

const settingsFile = (dataDir: string): string => path.join(dataDir, 'postgres.json');

/**
 * The port and password of the cluster of `dataDir`, kept in postgres.json (0600) since before the
 * cluster exists, so that a first start that died half way goes on with the same ones.
 * `wantedPort` wins over the one in the file and is kept from then on.
 */
export async function keepSettings(
  dataDir: string,
  wantedPort: number | undefined,
  clusterExists: boolean,
): Promise<PostgresSettings> {
  const file = settingsFile(dataDir);
  const kept = await readSettings(dataDir);
  if (!kept && clusterExists) {
    throw new Error(
      `The password file ${file} of the embedded database is missing: restore it from a backup.`,
    );
  }
  if (kept && (wantedPort === undefined || wantedPort === kept.port)) return kept;
  const settings = {
    port: wantedPort ?? (await chooseFreePort()),
    password: kept?.password ?? randomBytes(24).toString('base64url'),
  };
  await writeJsonAtomically(file, settings);
  return settings;
}

/** @throws Error with one sentence that names the port and the file when somebody listens there. */
export async function assertPortIsFree(port: number, dataDir: string): Promise<void> {
  if (await isFree(port)) return;
  throw new Error(
    `Port ${port}, which ${settingsFile(dataDir)} gives to the embedded database, is taken by another program: stop that program and start again.`,
  );
}

/**
 * From 20000 to 32767: below the range that Linux and macOS take outgoing connections from, which
 * would now and then sit on the port at a later start.
 */
async function chooseFreePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = randomInt(20_000, 32_768);
    if (await isFree(port)) return port;
  }
  throw new Error('No free port was found between 20000 and 32767 for the embedded database.');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error) => {
      if (failedWith(error, 'EADDRINUSE')) resolve(false);
      else reject(error);
    });
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      probe.close(() => resolve(true));
    });
  });
}
