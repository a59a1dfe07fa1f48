/**
 * A launcher to be killed: claims the data folder, starts PostgreSQL in it, tells its url as one
 * line of JSON and stays. Usage: node hold-postgres.ts <data folder>
 */
import { claimDataFolder } from '../../server/launcher/data-folder.ts';
import { startEmbeddedPostgres } from '../../server/launcher/embedded-postgres.ts';

const [dataDir = ''] = process.argv.slice(2);
try {
  await claimDataFolder(dataDir);
  const { url, pid } = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } });
  process.stdout.write(`${JSON.stringify({ url, pid })}\n`);
  setInterval(() => {}, 60_000);
} catch (error) {
  process.stdout.write(
    `${JSON.stringify({ error: error instanceof Error ? error.message : '' })}\n`,
  );
}
