import { copyFloorMs, copyOut } from './baselines/copy-floor.ts';
import { readFloorMs } from './baselines/read-floor.ts';
import type { Bench } from './bench.ts';
import { compare, median } from './figure.ts';
import { interleave } from './rounds.ts';
import { withClient } from './stage/customer.ts';
import { peakRssMb, resetPeakRss } from './stage/resources.ts';
import { makeSyncStage } from './stage/sync.ts';

/** A whole catalog from PostgreSQL to the stored catalog, against reading and writing it at best. */
export const syncRead: Bench = async (run) => {
  const rounds = run.full ? 7 : 5;
  const stage = await makeSyncStage(run, rounds + 1);
  return withClient(stage.installation.databaseUrl, async (control) => {
    const first = stage.nextSource();
    await stage.syncMs(control, first);
    const bytes = await copyOut(control, first);
    await readFloorMs(stage.customer.url);
    await resetPeakRss(stage.worker.pid);
    const { product, read, write } = await interleave(rounds, {
      product: () => stage.syncMs(control, stage.nextSource()),
      read: () => readFloorMs(stage.customer.url),
      write: () => copyFloorMs(control, bytes),
    });
    const floor = read.map((ms, round) => ms + (write[round] ?? Number.NaN));
    run.note(
      `floor: ${median(read).toFixed(0)} ms to read and ${median(write).toFixed(0)} ms to COPY`,
    );
    run.note(`the stored catalog has ${(bytes.length / 2 ** 20).toFixed(1)} MB`);
    return [
      compare('sync to stored catalog', 'ms', product, floor, { atMost: 1.5 }),
      compare('the same against the read alone', 'ms', product, read),
      {
        name: 'peak memory of the worker',
        unit: 'MB',
        value: await peakRssMb(stage.worker.pid),
        goal: { of: 'value', atMost: 256 },
      },
    ];
  });
};
