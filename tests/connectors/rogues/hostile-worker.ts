/**
 * The product's worker for servers that mean ill: what it waits for is short, and the names of HTTP
 * services lead to 127.0.0.1, to the port of the connection. Says `working` when it takes jobs.
 */
import { readEnv } from '../../../shared/env.ts';
import { createLogger } from '../../../shared/logger.ts';
import { connectorFor } from '../../../workers/connectors/index.ts';
import { startWorker } from '../../../workers/worker.ts';
import { shortConnectors } from './short-connectors.ts';

const env = readEnv('worker');
const worker = await startWorker(
  env,
  createLogger(env.LOG_LEVEL, 'worker'),
  new AbortController().signal,
  {
    connectorFor: (dialect) => {
      const connector = shortConnectors[dialect];
      return connector ? Promise.resolve(connector) : connectorFor(dialect, env);
    },
    boss: { schedule: false },
  },
);
process.once('SIGTERM', () => void worker.stop().then(() => process.exit()));
process.stdout.write('working\n');
