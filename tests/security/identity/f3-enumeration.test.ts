import { beforeAll, describe, expect, inject, test, vi } from 'vitest';
import type * as TellEvenly from '../../../server/features/auth/tell-evenly.ts';
import { stepMs, tellEvenly } from '../../../server/features/auth/tell-evenly.ts';
import { invite } from '../../features/identity/people.ts';
import { useApi, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { setPassword } from '../../support/people/set-password.ts';
import { join } from '../support/tenants.ts';
import { areaUnderCurve } from './area-under-curve.ts';

// F3 of the security programme, enumeration: neither what is answered nor how long it takes tells an
// account, a session or an invitation that is there from one that is not.
//
// That refusals are told at whole steps of time can be seen without any statistics: each goes through
// the guard, none comes before the first step, and what takes longer on the way is not told until the
// next. These are lower bounds, which a busy machine cannot break; f3-told-evenly.test.ts has the
// arithmetic. Whether samples of a real machine can be told apart is measured at night, when it has
// nothing else to do.
//
// Samples of both kinds are taken together, in an order that is drawn anew each time, so that what
// else the machine does meets both alike. The estimate of n pairs errs by 1 / sqrt(6 n): two
// hundredths after five hundred. So pairs are taken until it settles between 0.45 and 0.55, and what
// has not settled after `most` is told apart.

// The real one, and it is seen who goes through it: the API of this file runs in this process.
vi.mock('../../../server/features/auth/tell-evenly.ts', async (original) => {
  const real = await original<typeof TellEvenly>();
  return { ...real, tellEvenly: vi.fn(real.tellEvenly) };
});

const isNightly = inject('size') === 'nightly';
const [first, most] = [1_000, 3_000];
// Timers of Node count from when their loop last looked at the clock.
const earlyMs = 5;

const database = useDatabase();
const api = useApi(database);
let tenant: TestTenant;
let email: string;
let expiredToken: string;
const sessionId = 'ses_01jd5w9c3zf8r8kq4j0mpx2v7a';

beforeAll(async () => {
  tenant = await api.tenant();
  email = await setPassword(database, tenant, 'correct horse battery');
  // A wrong password is on record in each of them: all the more work for an account that is there.
  for (let n = 0; n < 8; n += 1) {
    const { orgId } = await api.tenant();
    await join(database.pool, { userId: tenant.userId, orgId }, { isActive: true });
  }
  await database.pool.query(
    `insert into user_session (id, user_id, generation, refresh_hash, signed_in_at, expires_at, created_at, updated_at)
     values ($2, $1, 50, decode(repeat('00', 32), 'hex'), now(), now() + interval '1 day', now(), now())`,
    [tenant.userId, sessionId],
  );
  expiredToken = (await invite(api, tenant)).token;
  await database.pool.query(`update invitation set expires_at = now()`);
});

interface Refused {
  readonly ms: number;
  readonly answer: string;
}

async function refused(path: string, body: object): Promise<Refused> {
  const startedAt = performance.now();
  const response = await fetch(`${api.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const ms = performance.now() - startedAt;
  return { ms, answer: `${response.status} ${text.replace(/"request_id":"[^"]*"/, '')}` };
}

interface Kind {
  readonly path: string;
  /** What is asked about something that is there, with the wrong proof. */
  readonly there: () => object;
  readonly nowhere: () => object;
  readonly pairsAtOnce: number;
}

let guesses = 0;
const secret = (): string => String((guesses += 1)).padStart(43, 'A');

/** The share of pairs in which what is there takes longer, as soon as it has settled. */
async function settledArea({ path, there, nowhere, pairsAtOnce }: Kind): Promise<number> {
  const [known, unknown]: [number[], number[]] = [[], []];
  const answers = new Set<string>();
  const sample = async ({ input, times }: { input: () => object; times: number[] }) => {
    const { ms, answer } = await refused(path, input());
    times.push(ms);
    answers.add(answer);
  };
  const pairs = Array.from({ length: pairsAtOnce }, () => [
    { input: there, times: known },
    { input: nowhere, times: unknown },
  ]).flat();
  for (;;) {
    await database.pool.query('delete from rate_limit');
    const drawn = pairs.map((kind) => ({ kind, at: Math.random() })).sort((a, b) => a.at - b.at);
    await Promise.all(drawn.map(({ kind }) => sample(kind)));
    if (known.length < first || known.length % 20 !== 0) continue;
    const area = areaUnderCurve(known, unknown);
    if ((area > 0.45 && area < 0.55) || known.length >= most) {
      expect([...answers]).toHaveLength(1);
      return area;
    }
  }
}

/** Asks a few times about both; all answers are one, and none of them came before `leastMs`. */
async function expectTold({ path, there, nowhere }: Kind, leastMs: number): Promise<void> {
  await database.pool.query('delete from rate_limit');
  vi.mocked(tellEvenly).mockClear();
  const inputs = [there, nowhere, there, nowhere].map((input) => input());
  const all = await Promise.all(inputs.map((input) => refused(path, input)));
  expect([...new Set(all.map(({ answer }) => answer))]).toHaveLength(1);
  expect(all[0]?.answer).toMatch(/^401 /);
  expect(tellEvenly).toHaveBeenCalledTimes(all.length);
  expect(Math.min(...all.map(({ ms }) => ms))).toBeGreaterThanOrEqual(leastMs - earlyMs);
}

const signIns: Kind = {
  path: '/api/v1/auth/login',
  // Four passwords are hashed at once; a fifth would wait.
  pairsAtOnce: 2,
  there: () => ({ email, password: secret() }),
  nowhere: () => ({ email: `${secret()}@example.com`, password: secret() }),
};

const refreshToken = (id: string) => ({ refresh_token: `bkr_${id}_${secret()}` });
const refreshes: Kind = {
  path: '/api/v1/auth/refresh',
  pairsAtOnce: 5,
  there: () => refreshToken(sessionId),
  nowhere: () => refreshToken('ses_01jd5w9c3zf8r8kq4j0mpx2v7e'),
};

const password = 'correct horse battery';
const invitations: Kind = {
  path: '/api/v1/auth/accept-invitation',
  pairsAtOnce: 5,
  there: () => ({ token: expiredToken, password }),
  nowhere: () => ({ token: `bki_${secret()}`, password }),
};

describe.each([
  ['an account by a sign-in', signIns],
  ['a session by a refresh', refreshes],
  ['an invitation that is over from one that never was', invitations],
])('nobody can tell %s', (_, kind) => {
  test('by the answer, or by one that comes before the first step', async () => {
    await expectTold(kind, stepMs);
  });

  if (!isNightly) return;
  test('by statistics', async () => {
    const area = await settledArea(kind);
    expect(area).toBeGreaterThan(0.45);
    expect(area).toBeLessThan(0.55);
  });
});

test('a wrong password whose record takes longer than a step is told at the next one', async () => {
  const slowMs = stepMs + 50;
  await database.pool.query(`
    create function be_slow() returns trigger language plpgsql as $$
      begin perform pg_sleep(${slowMs} / 1000.0); return new; end $$;
    create trigger slow before insert on audit_event for each row
      when (new.organization_id = '${tenant.orgId}') execute function be_slow()`);
  try {
    const { ms, answer } = await refused(signIns.path, signIns.there());
    expect(answer).toMatch(/^401 /);
    expect(ms).toBeGreaterThanOrEqual(2 * stepMs - earlyMs);
  } finally {
    await database.pool.query('drop trigger slow on audit_event');
  }
});
