/**
 * A worker to be killed: the product's own, with quicker turns. Given two figures, it is on databases
 * that take so many milliseconds and have one table each. Says `working` when it takes jobs.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { readEnv } from '../../../shared/env.ts';
import { createLogger } from '../../../shared/logger.ts';
import { ConnectionFailure } from '../../../workers/connectors/connector.ts';
import { startWorker } from '../../../workers/worker.ts';
import { fakeConnector, table } from '../sources/fake-connector.ts';

const [minMs, maxMs] = process.argv.slice(2);

async function takeTime(signal: AbortSignal): Promise<void> {
  const ms = Number(minMs) + Math.random() * (Number(maxMs) - Number(minMs));
  await delay(ms, undefined, { signal }).catch(() => {
    throw new ConnectionFailure('CONNECTION_LOST');
  });
}

const healthy = fakeConnector();
const slow = fakeConnector({
  probe: async (target, signal) => {
    const report = await healthy.probe(target, signal);
    return takeTime(signal).then(
      () => report,
      () => ({ ...report, failure: 'CONNECTION_LOST' }),
    );
  },
  readCatalog: async function* (_target, signal) {
    yield table('t');
    await takeTime(signal);
  },
});

const env = readEnv('worker');
const worker = await startWorker(
  env,
  createLogger(env.LOG_LEVEL, 'worker'),
  new AbortController().signal,
  {
    ...(minMs === undefined ? {} : { connectorFor: () => Promise.resolve(slow) }),
    boss: { superviseIntervalSeconds: 1, monitorIntervalSeconds: 1, schedule: false },
  },
);
process.once('SIGTERM', () => void worker.stop().then(() => process.exit()));
process.stdout.write('working\n');
