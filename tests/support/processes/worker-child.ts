/**
 * A worker to be killed: the product's own, with quicker turns. With `--empty` every database it is
 * sent to is healthy and has nothing in it. Says `working` when it takes jobs.
 */
import { readEnv } from '../../../shared/env.ts';
import { createLogger } from '../../../shared/logger.ts';
import { startWorker } from '../../../workers/worker.ts';
import { fakeConnector } from '../sources/fake-connector.ts';

const isEmpty = process.argv.includes('--empty');
const env = readEnv('worker');
const worker = await startWorker(
  env,
  createLogger(env.LOG_LEVEL, 'worker'),
  new AbortController().signal,
  {
    ...(isEmpty ? { connectorFor: () => Promise.resolve(fakeConnector()) } : {}),
    pollSeconds: 0.5,
    boss: { superviseIntervalSeconds: 1, monitorIntervalSeconds: 1, schedule: false },
  },
);
process.once('SIGTERM', () => void worker.stop().then(() => process.exit()));
process.stdout.write('working\n');
