import { startEmbeddedPostgres } from '../../../server/launcher/embedded-postgres.ts';

/** A process that starts the embedded PostgreSQL of a data folder, says so, and stops it when told. */
const [dataDir = ''] = process.argv.slice(2);
const postgres = await startEmbeddedPostgres({ dataDir });
process.send?.('ready');
process.once('SIGTERM', () => void postgres.stop().then(() => process.exit()));
