import { randomBytes } from 'node:crypto';
import path from 'node:path';
import pg from 'pg';
import { z } from 'zod';
import { readJson, writeJsonAtomically } from './json-file.ts';

const Settings = z.object({ password: z.string().min(1) });

/** The database and the role of Basekeep's own; the role is no superuser. */
const name = 'basekeep_control';

/**
 * The URL of the control plane's database in the embedded server, made when missing. Nobody but its
 * owner may connect to it: the demo data source lives in the same server.
 */
export async function openControlDatabase(superuserUrl: string, dataDir: string): Promise<string> {
  const file = path.join(dataDir, 'database.json');
  const kept = await readJson(file, Settings);
  const password = kept?.password ?? randomBytes(24).toString('base64url');
  if (!kept) await writeJsonAtomically(file, { password });
  const admin = new pg.Client({ connectionString: superuserUrl });
  await admin.connect();
  try {
    await makeRole(admin, name, password);
    if (await isMissing(admin, 'select 1 from pg_database where datname = $1', name)) {
      await admin.query(`create database ${name} owner ${name}`);
    }
    await admin.query(`revoke connect on database ${name}, postgres, template1 from public`);
  } finally {
    await admin.end();
  }
  const url = new URL(superuserUrl);
  url.username = name;
  url.password = password;
  url.pathname = `/${name}`;
  return url.href;
}

/** Makes a role that can sign in, or gives it this password again. */
export async function makeRole(admin: pg.Client, role: string, password: string): Promise<void> {
  const verb = (await isMissing(admin, 'select 1 from pg_roles where rolname = $1', role))
    ? 'create'
    : 'alter';
  await admin.query(
    `${verb} role ${pg.escapeIdentifier(role)} login password ${pg.escapeLiteral(password)}`,
  );
}

export async function isMissing(admin: pg.Client, query: string, value: string): Promise<boolean> {
  const { rowCount } = await admin.query(query, [value]);
  return rowCount === 0;
}
