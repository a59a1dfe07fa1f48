import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { readJson, writeJsonAtomically } from './json-file.ts';
import { readSettings } from './postgres/settings.ts';

/** The database and the role of Basekeep's own in the embedded server; the role is no superuser. */
export const controlName = 'basekeep_control';

const Secret = z.object({ password: z.string().min(1) });

const secretFile = (dataDir: string): string => path.join(dataDir, 'database.json');

/** The password of the role, kept in database.json (0600) since before the role exists. */
export async function keepControlPassword(dataDir: string): Promise<string> {
  const kept = await readJson(secretFile(dataDir), Secret);
  if (kept) return kept.password;
  const password = randomBytes(24).toString('base64url');
  await writeJsonAtomically(secretFile(dataDir), { password });
  return password;
}

export const controlUrl = (port: number | string, password: string): string =>
  `postgres://${controlName}:${password}@127.0.0.1:${port}/${controlName}`;

/** What the URL will be once the embedded server runs; undefined when it is not settled yet. */
export async function settledControlUrl(dataDir: string): Promise<string | undefined> {
  const [server, secret] = await Promise.all([
    readSettings(dataDir),
    readJson(secretFile(dataDir), Secret),
  ]);
  return server && secret && controlUrl(server.port, secret.password);
}
