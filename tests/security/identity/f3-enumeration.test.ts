import { beforeAll, describe, expect, inject, test } from 'vitest';
import { invite } from '../../features/identity/people.ts';
import { useApi, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { setPassword } from '../../support/people/set-password.ts';
import { areaUnderCurve } from './area-under-curve.ts';

// F3 of the security programme, enumeration: neither what is answered nor how long it takes tells an
// account, a session or an invitation that is there from one that is not.
//
// Samples of both kinds are taken together, in an order that is drawn anew each time, so that what
// else the machine does meets both alike. The estimate of n pairs errs by 1 / sqrt(6 n): four
// hundredths after a hundred. So pairs are taken until it settles between 0.45 and 0.55, and what has
// not settled after `most` is told apart. What can be told in 65 cases of a hundred passes once in a
// hundred times; what the refusals of a sign-in were before they were told in even time, never.

const isNightly = inject('size') === 'nightly';
const [first, most] = isNightly ? [1_000, 3_000] : [60, 400];

const database = useDatabase();
const api = useApi(database);
let tenant: TestTenant;
let email: string;

beforeAll(async () => {
  tenant = await api.tenant();
  email = await setPassword(database, tenant, 'correct horse battery');
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

async function expectUntold(kind: Kind): Promise<void> {
  const area = await settledArea(kind);
  expect(area).toBeGreaterThan(0.45);
  expect(area).toBeLessThan(0.55);
}

const timeoutMs = isNightly ? 3_600_000 : 180_000;

describe('nobody can tell', () => {
  test(
    'an account by a sign-in',
    async () => {
      await expectUntold({
        path: '/api/v1/auth/login',
        // Four passwords are hashed at once; a fifth would wait.
        pairsAtOnce: 2,
        there: () => ({ email, password: secret() }),
        nowhere: () => ({ email: `${secret()}@example.com`, password: secret() }),
      });
    },
    timeoutMs,
  );

  test(
    'a session by a refresh',
    async () => {
      const { rows } = await database.pool.query<{ id: string }>(
        `insert into user_session (id, user_id, generation, refresh_hash, signed_in_at, expires_at, created_at, updated_at)
       values ('ses_01jd5w9c3zf8r8kq4j0mpx2v7a', $1, 50, decode(repeat('00', 32), 'hex'), now(),
         now() + interval '1 day', now(), now()) returning id`,
        [tenant.userId],
      );
      const token = (id: string) => ({ refresh_token: `bkr_${id}_${secret()}` });
      await expectUntold({
        path: '/api/v1/auth/refresh',
        pairsAtOnce: 5,
        there: () => token(rows[0]?.id ?? ''),
        nowhere: () => token('ses_01jd5w9c3zf8r8kq4j0mpx2v7e'),
      });
    },
    timeoutMs,
  );

  test(
    'an invitation that is over from one that never was',
    async () => {
      const { token } = await invite(api, tenant);
      await database.pool.query(`update invitation set expires_at = now()`);
      const password = 'correct horse battery';
      await expectUntold({
        path: '/api/v1/auth/accept-invitation',
        pairsAtOnce: 5,
        there: () => ({ token, password }),
        nowhere: () => ({ token: `bki_${secret()}`, password }),
      });
    },
    timeoutMs,
  );
});
