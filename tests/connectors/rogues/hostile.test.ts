import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Dialect, dialects } from '../../../shared/dialects.ts';
import type { Ending, HostileWire } from './hostile-case.ts';
import { httpWires } from './http-wires.ts';
import { opensslMissing } from './identities.ts';
import { mysqlWire } from './mysql-wire.ts';
import { peakMemory } from './peak-memory.ts';
import { postgresWires } from './postgres-wires.ts';
import { tdsWire } from './tds-wire.ts';
import { tnsWire } from './tns-wire.ts';
import { type Outcome, type Trial, useHostileWorker } from './use-hostile-worker.ts';

// D2 of the security programme: every wire, every hostile case, one worker for the lot.

const wires: readonly HostileWire[] = [...postgresWires, mysqlWire, tdsWire, tnsWire, ...httpWires];

/** Dialects that are not tried here, and why. */
const others: { readonly [D in Dialect]?: string } = {
  SUPABASE: 'the connector of POSTGRES',
  PLANETSCALE: 'the connector of MYSQL, which is tried with TLS that is left out',
  DUCKDB: 'no wire: hostile files are in tests/connectors/duckdb',
};

const trials: Trial[] = wires.flatMap((wire) =>
  Object.entries({ ...wire.rows, ...wire.more }).flatMap(([what, row]) =>
    'start' in row ? [{ name: `${wire.dialect}: one that ${what}`, wire, hostile: row }] : [],
  ),
);

const outcomes = new Map<Trial, Outcome>();
/** Of the worker, while it was tried. */
const memory = new Map<Trial, { readonly grown: number; readonly peak: number }>();
const worker = useHostileWorker();
const MiB = 1024 * 1024;

/** Has each been checked and synced. */
async function tryAll(some: readonly Trial[]): Promise<void> {
  for (const [trial, outcome] of await worker.tryAll(some)) outcomes.set(trial, outcome);
}

describe.skipIf(opensslMissing !== null)(`servers that mean ill ${opensslMissing ?? ''}`, () => {
  beforeAll(async () => {
    await worker.start();
    const isHeavy = ({ hostile }: Trial): boolean => hostile.isHeavy ?? false;
    // One at a time, a check and a sync: the bound on memory is meant for each.
    for (const trial of trials.filter(isHeavy)) {
      memory.set(trial, await peakMemory(worker.pid, () => tryAll([trial])));
    }
    await tryAll(trials.filter((trial) => !isHeavy(trial)));
  }, 240_000);

  describe.each(trials)('$name', (trial) => {
    const { hostile, wire } = trial;
    const { check, sync = check, isToldSecret, names } = hostile;
    const outcome = (): Outcome => {
      const found = outcomes.get(trial);
      if (!found) throw new Error('Nothing came of it');
      return found;
    };

    test('ends as it should', () => {
      expect(codes(check)).toContain(outcome().check);
      expect(codes(sync)).toContain(outcome().sync);
      expect(outcome().server.elsewhere?.connections ?? 0).toBe(0);
      if (names) expect([...outcome().tables].sort()).toEqual([...names].sort());
    });
    if (isToldSecret !== undefined) {
      test(isToldSecret ? 'is told the secret' : 'is told nothing secret', () => {
        const { received } = outcome().server;
        expect(wire.forms.some((form) => received.includes(form))).toBe(isToldSecret);
      });
    }
  });

  test('the worker is the one that began, and no flood made it grow by 512 MB', () => {
    expect(worker.isRunning).toBe(true);
    expect(memory.size).toBeGreaterThan(wires.length);
    for (const [{ name }, { grown, peak }] of memory) {
      expect(grown, name).toBeLessThan(512 * MiB);
      // Nor do they add up: what one took, the next one uses.
      expect(peak, name).toBeLessThan(1_024 * MiB);
    }
  });
});

const codes = (ending: Ending): readonly (string | null)[] =>
  typeof ending === 'string' || ending === null ? [ending] : ending;

test('every dialect is tried, or it is said why not; what is proven elsewhere is', () => {
  const named = [...wires.map(({ dialect }) => dialect), ...Object.keys(others)];
  expect(named.sort()).toEqual([...dialects].sort());
  const elsewhere = wires.flatMap(({ rows }) =>
    Object.values(rows).flatMap((row) => ('provenIn' in row ? [row.provenIn] : [])),
  );
  const root = new URL('../../../', import.meta.url);
  expect(elsewhere.filter((file) => !existsSync(new URL(file, root)))).toEqual([]);
});
