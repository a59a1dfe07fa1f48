import { copyFloorMs, copyOut } from './baselines/copy-floor.ts';
import { readFloorMs } from './baselines/read-floor.ts';
import type { Bench } from './bench.ts';
import { compare, median, type Figure } from './figure.ts';
import { interleave } from './rounds.ts';
import { withClient } from './stage/customer.ts';
import { readByLibraries, type LibraryRead } from './stage/libraries.ts';
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
    const peakMb = await peakRssMb(stage.worker.pid);
    const { url } = stage.customer;
    const source = { url, tables: stage.tables + stage.views };
    const reads = await readByLibraries(run, stage.installation, source);
    for (const { name, ms, peakMb: mb } of reads) {
      run.note(`${name}, reading alone: ${ms.toFixed(0)} ms, ${mb.toFixed(0)} MB at most`);
    }
    run.note(`the stored catalog has ${(bytes.length / 2 ** 20).toFixed(1)} MB`);
    return [
      compare('sync to stored catalog', 'ms', product, floor, { atMost: 1.5 }),
      compare('the same against the read alone', 'ms', product, read),
      {
        name: 'peak memory of the worker',
        unit: 'MB',
        value: peakMb,
        goal: { of: 'value', atMost: 256 },
      },
      ...againstLibraries(median(product), source.tables, reads),
    ];
  });
};

/**
 * Ours against each library, in tables per second: the sync to the stored catalog, whose goal it is,
 * and reading alone, which is all that a library does. Kysely reads no keys, indexes or defaults.
 */
function againstLibraries(syncMs: number, tables: number, reads: readonly LibraryRead[]): Figure[] {
  const perSecond = (ms: number): number[] => [(tables * 1_000) / ms];
  const ours = reads.find(({ name }) => name === 'ours')?.ms ?? Number.NaN;
  return reads
    .filter(({ name }) => name !== 'ours')
    .flatMap(({ name, ms }) => [
      compare(`sync against ${name}`, 'tables/s', perSecond(syncMs), perSecond(ms), {
        atLeast: 10,
      }),
      compare(`reading against ${name}`, 'tables/s', perSecond(ours), perSecond(ms)),
    ]);
}
