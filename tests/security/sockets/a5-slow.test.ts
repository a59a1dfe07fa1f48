import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useApi, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { makeKeyFolder, runApi, type RunningApi } from '../../support/processes/processes.ts';
import { openSocket, type RawSocket } from './raw-socket.ts';

// A5 of the security programme: five hundred connections that do next to nothing keep nobody waiting,
// and are gone within fifteen seconds.

const ofEach = 125;
const goneAfterMs = 15_000;
const healthyP99Ms = 250;
/** What a thousand answers of a megabyte may take to fill what kernels hold: before, nobody is slow. */
const fillingMs = 8_000;

const database = useDatabase();
/** Only to make a tenant: what is slowed down is a process of its own. */
const maker = useApi(database);
let tenant: TestTenant;
let keys: Awaited<ReturnType<typeof makeKeyFolder>>;
let api: RunningApi;
/** The same on the same database, which nobody slows down: how quick the machine is. */
let spared: RunningApi;

beforeAll(async () => {
  tenant = await maker.tenant();
  await database.pool.query('delete from sealing_key');
  keys = await makeKeyFolder();
  const start = () => runApi({ databaseUrl: database.url, keys, logLevel: 'error' });
  [api, spared] = await Promise.all([start(), start()]);
  const page = await (await fetch(`${api.url}/docs/v1`)).text();
  largeFile = /\/docs\/assets\/[^"]*\/viewer\.js/.exec(page)?.[0] ?? '';
  const { headers } = await fetch(`${api.url}${largeFile}`, { method: 'HEAD' });
  expect(Number(headers.get('content-length'))).toBeGreaterThan(1_000_000);
});
afterAll(async () => {
  await Promise.all([api.end(), spared.end()]);
  await keys.remove();
});

/** Milliseconds that an ordinary request takes, of both processes in turns. */
async function healthyTimes(isOver: () => boolean) {
  const headers = { authorization: `Bearer ${tenant.key}` };
  const timed = async ({ url }: RunningApi): Promise<number> => {
    const startedAt = performance.now();
    const response = await fetch(`${url}/api/public/organizations`, { headers });
    await response.text();
    expect(response.status).toBe(200);
    return performance.now() - startedAt;
  };
  const timesMs: { slowed: number[]; spared: number[] } = { slowed: [], spared: [] };
  while (!isOver()) {
    timesMs.slowed.push(await timed(api));
    timesMs.spared.push(await timed(spared));
    await delay(10);
  }
  return timesMs;
}

/** Waits until half a second goes by in which no ordinary request is held up, or for `mostMs`. */
async function untilQuick(mostMs: number): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    const roundAt = performance.now();
    const { slowed } = await healthyTimes(() => performance.now() - roundAt > 500);
    if (Math.max(...slowed) < healthyP99Ms || performance.now() - startedAt > mostMs) return;
  }
}

const p99 = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? Infinity;

const head = 'GET /api/healthz HTTP/1.1\r\nHost: localhost\r\n';
const bodied =
  'POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{';

/** Says something now and then, but never enough. */
function drip({ socket }: RawSocket, text: string): void {
  const timer = setInterval(() => socket.write(text), 500);
  socket.once('close', () => clearInterval(timer));
}

/** More than a megabyte, so that eight of them are more than kernels hold. */
let largeFile: string;
const largeAnswers = 8;

const untaken = 'an answer that is not taken';
const slow: Record<string, (raw: RawSocket) => void> = {
  'a head that never ends': (raw) => {
    raw.socket.write(head);
    drip(raw, 'X-A: 1\r\n');
  },
  'a body that never ends': (raw) => {
    raw.socket.write(bodied);
    drip(raw, ' ');
  },
  'nothing at all': () => undefined,
  [untaken]: ({ socket }) => {
    socket.pause();
    // More than what the kernels on both sides take off the server's hands.
    socket.write(`${head.replace('/api/healthz', largeFile)}\r\n`.repeat(largeAnswers));
  },
};

test(`${4 * ofEach} slow sockets hold up nobody, and are gone within 15 s`, async () => {
  const open = (kinds: readonly string[]) =>
    Promise.all(
      kinds.flatMap((kind) =>
        Array.from({ length: ofEach }, async () => {
          const raw = await openSocket(api.url);
          slow[kind]?.(raw);
          return { kind, raw };
        }),
      ),
    );
  const filling = await open([untaken]);
  await untilQuick(fillingMs);
  expect(filling.every(({ raw }) => raw.closedAfterMs === null)).toBe(true);
  const opened = [
    ...filling,
    ...(await open(Object.keys(slow).filter((kind) => kind !== untaken))),
  ];
  const startedAt = performance.now();
  const healthy = await healthyTimes(() => performance.now() - startedAt > goneAfterMs);
  // Only who reads learns that a connection was reset.
  for (const { raw } of opened) raw.socket.resume();
  const alive = () =>
    opened.filter(({ raw }) => raw.closedAfterMs === null).map(({ kind }) => kind);
  await expect.poll(alive, { timeout: 1_000 }).toEqual([]);

  // Where the process that is spared is slow as well, the machine is busy with something else.
  expect(p99(healthy.slowed)).toBeLessThan(Math.max(healthyP99Ms, 3 * p99(healthy.spared)));
  expect(healthy.slowed.length).toBeGreaterThan(100);
  for (const { kind, raw } of opened) {
    if (kind !== untaken)
      expect(raw.received, kind).toMatch(/^(HTTP\/1\.1 408 [^]*Connection: close[^]*)?$/);
    // All of it would end with the last of them.
    else expect(raw.received.split('HTTP/1.1 200').length, kind).toBeLessThan(largeAnswers);
  }
}, 60_000);
