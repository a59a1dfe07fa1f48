import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.ts';

/** The control plane's database in the embedded PostgreSQL of `dataDir`, which is started. */
export async function openDatabase(
  dataDir: string,
  onStarted: (postgres: EmbeddedPostgres) => void,
): Promise<{ databaseUrl: string; superuserUrl: string }> {
  // The driver loads while PostgreSQL starts.
  const control = import('./control-database.ts');
  const postgres = await startEmbeddedPostgres({ dataDir });
  onStarted(postgres);
  const { openControlDatabase } = await control;
  return {
    databaseUrl: await openControlDatabase(postgres.url, dataDir),
    superuserUrl: postgres.url,
  };
}
