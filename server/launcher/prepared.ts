import pg from 'pg';

/**
 * Whether exactly this code has prepared this database before: then there is nothing to migrate and
 * there is an owner. Whatever keeps it from being known, an unreachable server too, is a no.
 */
export async function isPrepared(databaseUrl: string, code: string): Promise<boolean> {
  try {
    return await withClient(databaseUrl, async (client) => {
      const { rows } = await client.query<{ note: string | null; has_owner: boolean }>(
        `select obj_description('schema_migration'::regclass, 'pg_class') as note,
                exists (select from app_user) as has_owner`,
      );
      return rows[0]?.has_owner === true && rows[0].note === noteOf(code);
    });
  } catch {
    return false;
  }
}

/**
 * Notes that this code has prepared the database: in the database itself, so that the note goes where
 * the data goes, and back where it came from with a backup.
 */
export async function notePrepared(databaseUrl: string, code: string): Promise<void> {
  await withClient(databaseUrl, (client) =>
    client.query(`comment on table schema_migration is ${pg.escapeLiteral(noteOf(code))}`),
  );
}

const noteOf = (code: string): string => `Prepared by code ${code}`;

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  // What waits for it rejects; without a listener a lost connection would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
