import { expect, it } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { spawnWorker } from '../support/processes/worker-process.ts';
import { eventually, useInstallation } from '../support/worker.ts';
import { hooked } from './hooked.ts';
import { startReceiver } from './receiver.ts';
import { isSigned } from './verify-signature.ts';

const control = useDatabase();
const installation = useInstallation(control);

it('a worker that is killed between and in the middle of deliveries loses none', async () => {
  const receiver = await startReceiver();
  receiver.answer((response) => {
    // Long enough for a kill to come before the answer.
    setTimeout(() => response.writeHead(204).end(), 100);
  });
  const { secret, test, deliveries } = await hooked(control, installation, receiver.url);
  const events = new Set<string>();
  for (let n = 0; n < 40; n += 1) events.add((await test()).eventId);
  const workerEnv = { ...installation.workerEnv, WORKER_CONCURRENCY: '2' };
  for (const killAfter of [6, 14]) {
    const worker = spawnWorker(workerEnv, { minMs: 1, maxMs: 1 });
    await eventually(() => Promise.resolve(receiver.received.length >= killAfter), 30_000);
    await worker.kill();
    // A dead worker is noticed by its heartbeat, after 10 s: here they have passed.
    await control.pool.query(
      `update pgboss.job set heartbeat_on = heartbeat_on - interval '1 minute'
       where name = 'deliver-webhook' and state = 'active'`,
    );
  }
  const delivered = async () =>
    (await deliveries()).filter(({ status }) => status === 'DELIVERED').length;
  // Otherwise nothing was killed.
  expect(await delivered()).toBeLessThan(40);
  const last = spawnWorker(workerEnv, { minMs: 1, maxMs: 1 });
  await eventually(async () => (await delivered()) === 40, 90_000);
  expect(await last.stop()).toBe(0);
  const ids = receiver.received.map(({ headers }) => String(headers['webhook-id']));
  expect(new Set(ids)).toEqual(events);
  expect(receiver.received.every((one) => isSigned(one, secret))).toBe(true);
  // What was sent twice was under way when a worker was killed: four at a time, two kills.
  expect(ids.length - events.size).toBeLessThanOrEqual(8);
  await receiver.close();
}, 180_000);
