import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, inject } from 'vitest';
import { databaseUrl, templateDatabase } from './database-url.ts';

/** A database of this test file; readable from `beforeAll` hooks declared after it, and in tests. */
export interface TestDatabase {
  /** The superuser's url of this database. */
  readonly url: string;
  readonly name: string;
  /** The file's own connections; closed for it at the end. */
  readonly pool: pg.Pool;
}

/** How long a connection that was closed may take to be gone on the server. */
const closingMs = 2_000;

/**
 * A clone of the migrated product database for this test file, dropped afterwards. Call it at the
 * top of the file or of a `describe`, before hooks that use it. The file fails when it leaves
 * connections open: they are a leak of the product or of the test.
 */
export function useDatabase(): TestDatabase {
  // wal_log, the default: as quick as file_copy for our 9 MB (30 to 60 ms), without a checkpoint.
  return useClone('test', `template ${templateDatabase}`);
}

/** An empty database that plays a customer's data source; `name` starts its random name. */
export function useEmptyDatabase(name = 'source'): TestDatabase {
  return useClone(name, 'template template0');
}

function useClone(prefix: string, source: string): TestDatabase {
  const name = `${prefix}_${randomBytes(6).toString('hex')}`;
  let opened: { url: string; pool: pg.Pool } | undefined;
  const open = (): { url: string; pool: pg.Pool } => {
    if (opened) return opened;
    throw new Error('The database exists from beforeAll on: read it in a hook or in a test.');
  };

  beforeAll(async () => {
    await asAdmin((admin) => admin.query(`create database ${pg.escapeIdentifier(name)} ${source}`));
    const url = databaseUrl(inject('postgresUrl'), name);
    const pool = new pg.Pool({ connectionString: url });
    // Without a listener an idle connection that is cut, on purpose in some tests, ends the process.
    pool.on('error', () => {});
    opened = { url, pool };
  });

  afterAll(async () => {
    if (opened && !opened.pool.ended) await opened.pool.end();
    await asAdmin(async (admin) => {
      try {
        await assertNoConnections(admin, name);
      } finally {
        await admin.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
      }
    });
  });

  return {
    name,
    get url() {
      return open().url;
    },
    get pool() {
      return open().pool;
    },
  };
}

/** @throws Error that says what the connections still open to `database` did last. */
export async function assertNoConnections(admin: pg.Client, database: string): Promise<void> {
  const deadline = performance.now() + closingMs;
  for (;;) {
    const { rows } = await admin.query<{ text: string }>(
      `select concat_ws(' ', nullif(application_name, ''), state, left(query, 120)) as text
         from pg_stat_activity where datname = $1 and backend_type = 'client backend'`,
      [database],
    );
    if (rows.length === 0) return;
    if (performance.now() > deadline) {
      const seen = rows.map(({ text }) => text).join('; ');
      throw new Error(`Connections were left open to ${database}: ${seen}`);
    }
    await sleep(20);
  }
}

async function asAdmin(work: (admin: pg.Client) => Promise<unknown>): Promise<void> {
  const admin = new pg.Client(inject('postgresUrl'));
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}
