import pg from 'pg';
import { controlName, controlUrl, keepControlPassword } from './control-url.ts';

/**
 * The URL of the control plane's database in the embedded server, made when missing. Nobody but its
 * owner may connect to it: the demo data source lives in the same server.
 */
export async function openControlDatabase(superuserUrl: string, dataDir: string): Promise<string> {
  const password = await keepControlPassword(dataDir);
  const admin = new pg.Client({ connectionString: superuserUrl });
  await admin.connect();
  try {
    await makeRole(admin, controlName, password);
    if (await isMissing(admin, 'select 1 from pg_database where datname = $1', controlName)) {
      await admin.query(`create database ${controlName} owner ${controlName}`);
    }
    await admin.query(`revoke connect on database ${controlName}, postgres, template1 from public`);
  } finally {
    await admin.end();
  }
  return controlUrl(new URL(superuserUrl).port, password);
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
