import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../server/launcher/embedded-postgres.ts';
import { migrate } from '../../server/migrate.ts';
import {
  makePostgresFolder,
  removeAbandonedFolders,
  removePostgresFolder,
} from './folders/postgres-folder.ts';
import { databaseUrl, templateDatabase } from './database-url.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The superuser's url of the PostgreSQL of this run. */
    postgresUrl: string;
  }
}

/**
 * Nothing of a test run has to survive a power failure, and nothing in it is large: to start parallel
 * workers takes ten times as long as a query of all our tables.
 */
const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '400',
  max_parallel_workers_per_gather: '0',
};

/** One PostgreSQL for the whole run, with the product's migrations run once in a template. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeAbandonedFolders();
  const dataDir = await makePostgresFolder();
  let stop = async (): Promise<void> => {};
  const teardown = async (): Promise<void> => {
    await stop();
    await removePostgresFolder(dataDir);
  };
  try {
    const postgres = await startEmbeddedPostgres({ dataDir, settings });
    stop = postgres.stop;
    await shortenSignIn(postgres.url);
    await buildTemplate(postgres.url);
    project.provide('postgresUrl', postgres.url);
  } catch (error) {
    await teardown();
    throw error;
  }
  return teardown;
}

/** Its password protects nothing, and every connection pays for the 4,096 turns of its hash. */
async function shortenSignIn(superuserUrl: string): Promise<void> {
  const { username, password } = new URL(superuserUrl);
  const admin = new pg.Client(superuserUrl);
  await admin.connect();
  try {
    await admin.query('set scram_iterations = 1');
    const [role, secret] = [pg.escapeIdentifier(username), pg.escapeLiteral(password)];
    await admin.query(`alter role ${role} password ${secret}`);
  } finally {
    await admin.end();
  }
}

async function buildTemplate(superuserUrl: string): Promise<void> {
  const admin = new pg.Client(superuserUrl);
  await admin.connect();
  try {
    await admin.query(`create database ${templateDatabase}`);
    await migrate({ databaseUrl: databaseUrl(superuserUrl, templateDatabase) });
    // A connection to the template would keep it from being cloned.
    await admin.query(
      `alter database ${templateDatabase} with is_template true allow_connections false`,
    );
  } finally {
    await admin.end();
  }
}
