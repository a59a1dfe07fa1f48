import { beforeAll, describe, expect, test } from 'vitest';
import { startRogue } from './http-wires.ts';
import type { Hostile, HostileWire } from './hostile-case.ts';
import { identities, opensslMissing } from './identities.ts';
import { mysqlWire } from './mysql-wire.ts';
import { peakMemory } from './peak-memory.ts';
import { postgresWires } from './postgres-wires.ts';
import { tnsWire } from './tns-wire.ts';
import { type Outcome, type Trial, useHostileWorker } from './use-hostile-worker.ts';

// D2 of the security programme, for the sum: the product's own worker, and many servers at once that
// each do what takes the most memory.

const MiB = 1024 * 1024;

/** Well formed, and fourteen times as large once it has been parsed. */
const brackets = Buffer.from(`[${'[],'.repeat(4 * MiB)}[]]`);

/** Found by its host, so that it needs no test's worker to be routed to. */
const posthog: Trial['wire'] = {
  dialect: 'POSTHOG',
  connection: {
    ...{ host: 'localhost', databaseName: '1' },
    ...{ sslEnabled: true, sslCaCertificate: identities.authority },
  },
  secrets: { password: 'phx_floods-together' },
  forms: [],
};
const jsonBomb: Hostile = {
  start: () =>
    startRogue(identities.good, (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${brackets.length}\r\n\r\n`);
      socket.write(brackets);
    }),
  check: 'LIMIT_EXCEEDED',
};
const bombs = Array.from({ length: 6 }, (_, n): Trial => {
  return { name: `bomb ${n}`, wire: posthog, hostile: jsonBomb };
});

// SQL Server's rows are let go as they come, which takes time and no memory.
const wires = [...postgresWires, mysqlWire, tnsWire];

const trialsOf = (what: 'sends rows without end' | 'means well'): Trial[] =>
  wires.flatMap((wire: HostileWire) => {
    const hostile = wire.rows[what];
    return 'start' in hostile ? [{ name: `${wire.dialect} ${what}`, wire, hostile }] : [];
  });

describe.skipIf(opensslMissing !== null)(`floods at once ${opensslMissing ?? ''}`, () => {
  const product = new URL('../../../workers/main.ts', import.meta.url);
  const worker = useHostileWorker({ script: product, concurrency: 4 });
  let flooded: ReadonlyMap<Trial, Outcome>;
  let peak = 0;

  beforeAll(async () => {
    await worker.start();
    const floods = trialsOf('sends rows without end');
    ({ peak } = await peakMemory(worker.pid, async () => {
      flooded = await worker.tryAll([...bombs, ...floods, ...bombs]);
    }));
  }, 240_000);

  test('end one by one, and leave the worker below 512 MB', () => {
    const endings = new Set([...flooded.values()].map(({ sync }) => sync));
    expect(endings).not.toContain(null);
    expect(endings).not.toContain('INTERNAL_ERROR');
    expect(peak).toBeLessThan(512 * MiB);
  });

  test('leave a worker that serves whoever means well', async () => {
    const outcomes = await worker.tryAll(trialsOf('means well'));
    for (const { check, sync } of outcomes.values()) expect([check, sync]).toEqual([null, null]);
    expect(worker.isRunning).toBe(true);
  }, 120_000);
});
