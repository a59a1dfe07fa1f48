import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { useApi, type TestTenant } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';
import { signIn } from '../support/people/sign-in.ts';
import { makeKeyFolder, runApi, type RunningApi } from '../support/processes/processes.ts';
import { eventually } from '../support/worker.ts';
import { spawnWorker, type WorkerProcess } from '../support/processes/worker-process.ts';
import { expectInvariants } from '../reliability/effects.ts';
import {
  answersWithoutEvent,
  attempt,
  becomeRevealer,
  eventsOf,
  lostAnswers,
  watchAnswers,
  type Revealer,
} from './support/reveals.ts';

// C5 of the security programme: no secret leaves without its audit event, whoever dies when.

const isNightly = inject('size') === 'nightly';
const attempts = isNightly ? 2_000 : 200;
const rounds = isNightly ? 20 : 2;
const timeoutMs = isNightly ? 3_600_000 : 180_000;
const clients = 6;

const database = useDatabase();
/** Only to make a tenant: what is killed are processes of their own. */
const maker = useApi(database);
let keys: Awaited<ReturnType<typeof makeKeyFolder>>;
let workerEnv: Record<string, string>;
let api: RunningApi;
let tenant: TestTenant;
let user: Revealer;

beforeAll(async () => {
  tenant = await maker.tenant();
  // The processes bring their own key pair, as if this were another installation.
  await database.pool.query('delete from sealing_key');
  keys = await makeKeyFolder();
  workerEnv = {
    DATABASE_URL: database.url,
    VAULT_PUBLIC_KEY_FILE: keys.vaultPublicKey,
    VAULT_PRIVATE_KEY_FILE: keys.vaultPrivateKey,
    LOG_LEVEL: 'silent',
  };
  api = await runApi({ databaseUrl: database.url, keys });
  user = await becomeRevealer(api.url, database, tenant);
  await watchAnswers(database.pool, 5);
});
afterAll(async () => {
  await api.end('SIGKILL');
  await keys.remove();
});

const startWorker = async (): Promise<WorkerProcess> => {
  const worker = spawnWorker(workerEnv, { minMs: 1, maxMs: 1 });
  await worker.working;
  return worker;
};

/** Ten an hour is another test's matter. */
const reveal = async () => {
  await database.pool.query('delete from rate_limit');
  return attempt(api.url, user);
};

/** Resolves when no transaction is open but the one that asks. */
async function nothingOpen(): Promise<void> {
  await eventually(async () => {
    const { rows } = await database.pool.query(
      `select from pg_stat_activity where datname = current_database()
         and xact_start is not null and pid <> pg_backend_pid()`,
    );
    return rows.length === 0;
  });
}

/** Several clients at once, each at it again as long as `isWanted`. */
async function inParallel(isWanted: () => boolean, work: () => Promise<void>): Promise<void> {
  const client = async (): Promise<void> => {
    while (isWanted()) await work();
  };
  await Promise.all(Array.from({ length: clients }, client));
}

test(
  `${attempts} reveals whose audit event cannot be written show nothing`,
  async () => {
    const worker = await startWorker();
    await database.pool.query(`
      create function refuse_event() returns trigger language plpgsql as $$
      begin raise exception 'the disk of the auditor is full'; end $$;
      create trigger refuse_event before insert on audit_event
        for each row when (new.action = 'credential.revealed') execute function refuse_event()`);
    let left = attempts;
    const refuse = async () => {
      expect(await reveal()).toMatchObject({ status: 503, hasSecret: false });
    };
    await inParallel(() => (left -= 1) >= 0, refuse);
    const sealed = await database.pool.query('select from seen_answer');
    expect(sealed.rows).toEqual([]);
    await database.pool.query('drop function refuse_event cascade');
    // The same request, when it can.
    expect(await reveal()).toMatchObject({ status: 200, hasSecret: true });
    await worker.stop();
  },
  timeoutMs,
);

test(
  `${attempts} reveals while API and worker are killed between the event and the answer`,
  async () => {
    let worker = await startWorker();
    let shown = 0;
    let isKilling = true;
    let cut = 0;
    /** Kills in the moment in which the event is committed and the answer is not. */
    const inBetween = () =>
      eventually(async () => {
        const { rows } = await database.pool.query(
          `select from credential_reveal
           where audited_at is not null and answer is null and failure is null
             and expires_at > now() + interval '9 seconds'`,
        );
        return rows.length > 0;
      }, 60_000);
    /** Again when the answer was quicker than the signal. */
    const killWorkers = async (untilLost: number): Promise<void> => {
      let lost = 0;
      while (lost < untilLost) {
        await inBetween();
        await worker.kill();
        // No worker lives: what has its event and no answer now will never have one.
        await nothingOpen();
        lost = await lostAnswers(database.pool);
        worker = await startWorker();
      }
    };
    const killer = async (): Promise<void> => {
      const port = Number(new URL(api.url).port);
      for (let round = 1; round <= rounds; round += 1) {
        while (shown < (attempts * round) / (rounds + 1)) await delay(1);
        await killWorkers(round);
        await inBetween();
        await api.end('SIGKILL');
        api = await runApi({ databaseUrl: database.url, keys }, port);
        // A reveal wants a sign-in of the last five minutes, and all rounds of a night take longer.
        user = { ...user, token: await signIn(api, database, tenant) };
      }
      isKilling = false;
    };
    const show = async (): Promise<void> => {
      try {
        const { status, requestId, hasSecret } = await reveal();
        expect([200, 503]).toContain(status);
        expect(hasSecret).toBe(status === 200);
        if (!hasSecret) return;
        shown += 1;
        expect(await eventsOf(database.pool, requestId)).toBe(1);
      } catch (error) {
        // A connection that broke or was refused; an answer that is wrong is no such error.
        if (!(error instanceof TypeError)) throw error;
        cut += 1;
        await delay(100);
      }
    };
    await Promise.all([killer(), inParallel(() => isKilling || shown < attempts, show)]);
    expect(await answersWithoutEvent(database.pool)).toEqual([]);
    // Otherwise nothing was tested: the kills did hit reveals, between their event and their answer.
    expect(cut).toBeGreaterThanOrEqual(rounds);
    await worker.stop();
    expect(await lostAnswers(database.pool)).toBeGreaterThanOrEqual(rounds);
    await nothingOpen();
    await database.pool.query(`delete from pgboss.job where state = 'active'`);
    await expectInvariants(database.pool);
  },
  timeoutMs,
);
