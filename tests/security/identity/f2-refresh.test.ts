import { beforeAll, expect, inject, test } from 'vitest';
import type { TestTenant } from '../../support/api.ts';
import { setPassword } from '../../support/people/set-password.ts';
import { forAll } from '../fuzz/client.ts';
import { useReplicas } from './replicas.ts';

// F2 of the security programme: a refresh token is taken once, whoever asks how often at once; and
// one that was rotated away ends its session.

const families = inject('size') === 'nightly' ? 100 : 30;
const atOnce = 20;
const rotations = 4;
const password = 'correct horse battery';

const replicas = useReplicas({}, {});
const { database, maker } = replicas;
let tenant: TestTenant;
let email: string;

beforeAll(async () => {
  tenant = await maker.tenant();
  email = await setPassword(database, tenant, password);
});

/** The refresh token of a session of its own. */
async function newFamily(): Promise<string> {
  await database.pool.query('delete from rate_limit');
  return (await replicas.client(0).auth.login.mutate({ email, password })).refreshToken;
}

/** The successor; null when the token is not taken. */
const rotate = (n: number, refreshToken: string): Promise<string | null> =>
  replicas
    .client(n)
    .auth.refresh.mutate({ refreshToken })
    .then(
      (tokens) => tokens.refreshToken,
      (error: unknown) => {
        expect(String(error)).toContain('The refresh token is not valid');
        return null;
      },
    );

test(
  `of ${atOnce} at once with one token one wins, in each of ${families} sessions`,
  async () => {
    // More of them at once wait so long for a connection on a busy machine that some are told 503.
    await forAll([...Array(families).keys()], 3, async (family) => {
      const token = await newFamily();
      const answers = await Promise.all(Array.from({ length: atOnce }, (_, n) => rotate(n, token)));
      const successors = answers.filter((answer) => answer !== null);
      // The winner, and one retry of it, who has the same.
      expect(new Set(successors).size).toBe(1);
      expect(successors.length).toBeLessThanOrEqual(2);
      // The third was a thief for all that anybody knows.
      expect(await rotate(family, successors[0] ?? '')).toBeNull();
    });
    const { rows } = await database.pool.query<{ alive: number; events: number }>(
      `select (select count(*)::int from user_session where revoked_at is null and user_id = $1) as alive,
       (select count(*)::int from audit_event where action = 'auth.session_revoked') as events`,
      [tenant.userId],
    );
    expect(rows).toEqual([{ alive: 0, events: families }]);
  },
  families * 4_000,
);

test.each(Array.from({ length: rotations }, (_, ancestor) => ancestor))(
  'replaying the token of rotation %i ends the session, every token of it',
  async (ancestor) => {
    const tokens = [await newFamily()];
    for (let n = 0; n < rotations; n += 1) {
      tokens.push((await rotate(n, tokens.at(-1) ?? '')) ?? '');
    }
    // The lost answer to the last rotation may be asked for once more.
    if (ancestor === rotations - 1)
      expect(await rotate(0, tokens[ancestor] ?? '')).toBe(tokens.at(-1));
    expect(await rotate(1, tokens[ancestor] ?? '')).toBeNull();
    for (const token of tokens) expect(await rotate(0, token)).toBeNull();
  },
);
