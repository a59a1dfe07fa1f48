import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { startWatchedLine } from '../support/servers/watched-line.ts';
import { eventually, useInstallation } from '../support/worker.ts';

const control = useDatabase();
const installation = useInstallation(control);

const backlog = 60;
// Of a worker of the usual concurrency: eight checks for one organization, and one for others.
const pollers = 9;

test('a backlog is worked through without a pause, and those who have nothing to do do not look', async () => {
  let asked = '';
  const line = await startWatchedLine(control.url, {
    onAsked: (piece) => void (asked += piece.toString('latin1')),
  });
  try {
    for (let n = 0; n < backlog; n += 1) {
      await installation.send('check-health', { dataSourceId: `ds_${n}` }, `ds_${n}`);
    }
    let done = 0;
    const worker = await installation.work({
      // Longer than the test waits: what is found is not found by polling.
      pollSeconds: 60,
      boss: { connectionString: line.url },
      handlers: {
        'check-health': () =>
          Promise.resolve(async () => {
            await sleep(20);
            done += 1;
          }),
      },
    });
    await eventually(() => Promise.resolve(done === backlog), 30_000);
    await worker.stop();
  } finally {
    await line.close();
  }
  const looks = asked
    .split('SKIP LOCKED')
    .filter((before) => before.includes("j.name = 'check-health'"));
  expect(looks.length).toBeGreaterThanOrEqual(backlog);
  // One for each job, and for each poller one at the start and one that finds nothing at the end.
  expect(looks.length).toBeLessThan(backlog + 3 * pollers);
}, 60_000);
