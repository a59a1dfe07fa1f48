import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { useApi } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { rowOf } from '../../support/matrix.ts';
import { playVerifier } from '../../support/play-verifier.ts';
import { makeKeyFolder, runApi, type RunningApi } from '../../support/processes/processes.ts';
import { addressOf, makeCallers, signInLongAgo, type Callers } from './callers.ts';
import { casesOf } from './cases.ts';
import { createClient, forAll } from './client.ts';
import { complaintAbout } from './judge.ts';
import type { FuzzRequest } from './request.ts';
import { allTargets, type Target } from './targets.ts';

// A1 of the security programme: whatever is asked of whichever operation, the answer is documented,
// in time, and no fault of ours; and the process is as well afterwards as before.

const isNightly = inject('size') === 'nightly';
// Those of a night are 1.4 million, and take hours.
const perTarget = isNightly ? 5_000 : 12;
// The same requests with every run, so that a change is what makes a difference. `FUZZ_SEED=n` asks
// others, and again those of a run that failed; what a night finds comes from a seed of its own.
const seed = Number(process.env['FUZZ_SEED'] ?? (isNightly ? Date.now() % 2 ** 31 : 20_261_122));
const atOnce = 12;
// Making more of them in one go takes so long on a busy machine that the server ends idle connections.
const portion = 20;
// Where there is memory to be had, V8 takes it before it looks at what can go: that is no growth of
// ours. What is kept for good ends the process at this limit.
const tight = '--max-semi-space-size=4 --max-old-space-size=192';
const mostGrowth = 64 * 1_024 * 1_024;

const database = useDatabase();
/** Only to make tenants: what is tested is a process of its own. */
const maker = useApi(database);
let keys: Awaited<ReturnType<typeof makeKeyFolder>>;
let api: RunningApi | undefined;
const over = new AbortController();

beforeAll(async () => {
  keys = await makeKeyFolder();
});
afterAll(async () => {
  over.abort();
  await api?.end();
  await keys.remove();
});

// What takes things away comes last: the others should find something.
const rank = ({ procedure, method }: Target): number => {
  if (/\.(delete|deactivate|remove|logout)/.test(procedure)) return 2;
  return method === 'GET' ? 0 : 1;
};
const targets = allTargets().sort((a, b) => rank(a) - rank(b));
const forSessions = targets.filter(({ procedure }) => rowOf(procedure).needsSession);

/** Asks every target `count` times, with everything that is needed for it made anew. */
async function askAll(running: RunningApi, callers: Callers, round: Round): Promise<Outcome> {
  const { seed, count } = round;
  const sessions = await signInLongAgo({ url: running.url, maker }, database, forSessions.length);
  const headersFor = (target: Target, at: number): Readonly<Record<string, string>> => {
    const session = sessions[forSessions.indexOf(target)];
    if (session) return session;
    if (target.procedure === 'organizations.create') return callers.founder;
    if (at % 20 === 0) return callers.nobody;
    return at % 5 === 0 ? callers.pair : callers.bearer;
  };
  /** Made when it is their turn: those of a night do not fit into memory together. */
  function* cases() {
    for (const [n, target] of targets.entries()) {
      for (let first = 0; first < count; first += portion) {
        const some = { seed: seed + n + first * 1_000, count: Math.min(portion, count - first) };
        const requests = casesOf(target, callers.own, some);
        yield* requests.map((request) => ({ target, request }));
      }
    }
  }
  const client = createClient(running.url, atOnce);
  const complaints: string[] = [];
  const statuses = new Map<number, number>();
  let mostBytes = 0;
  await forAll(cases(), atOnce, async ({ target, request }, at) => {
    const headers = { ...headersFor(target, at), ...addressOf(at) };
    const answer = await client.ask(request, headers).catch((error: unknown) => String(error));
    if (typeof answer === 'string') {
      // The process that died tells why; one that lives has to answer.
      expect(running.isRunning, running.output.slice(-2_000)).toBe(true);
      return void complaints.push(`${nameOf(target, request)} was not answered: ${answer}`);
    }
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    const complaint = complaintAbout(maker.recorder, target, request, answer);
    if (complaint !== null) complaints.push(`${nameOf(target, request)} ${complaint}`);
    if (at % 250 === 0) mostBytes = Math.max(mostBytes, residentBytes(running));
  });
  await client.close();
  return { complaints, statuses, mostBytes: Math.max(mostBytes, residentBytes(running)) };
}

function nameOf({ transport, procedure }: Target, { method, path, body }: FuzzRequest): string {
  return `${transport} ${procedure}: ${`${method} ${path} ${body ?? ''}`.slice(0, 1_000)}\n `;
}

interface Round {
  readonly seed: number;
  readonly count: number;
}

interface Outcome {
  readonly complaints: readonly string[];
  readonly statuses: ReadonlyMap<number, number>;
  /** The most that the process held. */
  readonly mostBytes: number;
}

function residentBytes({ pid }: RunningApi): number {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1_024;
}

/** Four passwords hashed at once take 76 MB, whatever is asked: that is there before we measure. */
async function hashAtOnce({ url }: RunningApi): Promise<void> {
  const client = createClient(url, 16);
  const body = JSON.stringify({ email: 'nobody@example.com', password: 'nothing' });
  const request = { method: 'POST', path: '/trpc/auth.login', body };
  await Promise.all(Array.from({ length: 16 }, (_, n) => client.ask(request, addressOf(n))));
  await client.close();
}

test(
  `${perTarget} requests to each of ${targets.length} operations and procedures (FUZZ_SEED=${seed})`,
  async () => {
    const [warmers, callers] = [
      await makeCallers(maker, database),
      await makeCallers(maker, database),
    ];
    // The process brings its own key pair, as if this were another installation.
    await database.pool.query('delete from sealing_key');
    // One proxy is believed, so that each sign-in can come from an address of its own.
    const env = { TRUST_PROXY_HOPS: '1', NODE_OPTIONS: tight };
    const running = await runApi({ databaseUrl: database.url, keys, env, logLevel: 'error' });
    api = running;
    void playVerifier(database.pool, over.signal);
    await hashAtOnce(running);
    const warm = await askAll(running, warmers, { seed: seed - 1_000, count: 4 });
    const { complaints, statuses, mostBytes } = await askAll(running, callers, {
      seed,
      count: perTarget,
    });
    const found = [...warm.complaints, ...complaints];
    const replay = `FUZZ_SEED=${seed} asks the same again`;
    expect(running.isRunning, running.output.slice(-2_000)).toBe(true);
    expect(found.length, `${replay}\n${found.slice(0, 20).join('\n')}`).toBe(0);
    expect(running.output, replay).not.toContain('unhandled rejection');
    expect(mostBytes - warm.mostBytes, replay).toBeLessThan(mostGrowth);
    // Inputs that are all refused would prove little, and so would inputs that are all taken.
    const asked = targets.length * perTarget;
    const answered = (status: number): number => (statuses.get(status) ?? 0) / asked;
    expect(answered(200)).toBeGreaterThan(0.1);
    expect(answered(400)).toBeGreaterThan(0.3);
  },
  isNightly ? 8 * 3_600_000 : 600_000,
);
