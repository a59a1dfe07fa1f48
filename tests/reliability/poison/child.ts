/**
 * A worker whose data sources are poisoned by their host names, under the watchdog of the real one.
 * Says `working` when it takes jobs.
 */
import { readEnv } from '../../../shared/env.ts';
import { createLogger } from '../../../shared/logger.ts';
import { startWatchdog } from '../../../workers/watchdog/watchdog.ts';
import { startWorker } from '../../../workers/worker.ts';
import { fakeConnector, table } from '../../support/sources/fake-connector.ts';

/** What a host name does to whoever reads its catalog. */
const poisons: Readonly<Record<string, () => void>> = {
  'throws.example.com': () => {
    throw new TypeError('x is not a function');
  },
  'exits.example.com': () => process.exit(3),
  'grows.example.com': () => {
    const all: string[][] = [];
    for (;;) all.push(Array.from({ length: 100_000 }, (_, n) => `${all.length} ${n}`));
  },
  'loops.example.com': () => {
    for (let turns = 0; turns >= 0; turns += 1) Math.sqrt(turns);
  },
};

const cured = process.argv.includes('--cured');
const connector = fakeConnector({
  readCatalog: async function* ({ connection }) {
    yield table('t');
    if (!cured) poisons[connection.host ?? '']?.();
  },
});

startWatchdog({ stuckMs: 2_000 });
const env = readEnv('worker');
const worker = await startWorker(
  env,
  createLogger(env.LOG_LEVEL, 'worker'),
  new AbortController().signal,
  {
    connectorFor: () => Promise.resolve(connector),
    pollSeconds: 0.5,
    boss: { superviseIntervalSeconds: 1, monitorIntervalSeconds: 1, schedule: false },
  },
);
process.once('SIGTERM', () => void worker.stop().then(() => process.exit()));
process.stdout.write('working\n');
