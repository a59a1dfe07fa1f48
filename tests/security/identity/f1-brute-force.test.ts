import { beforeEach, expect, inject, test } from 'vitest';
import { setPassword } from '../../support/people/set-password.ts';
import { useReplicas } from './replicas.ts';

// F1 of the security programme: ten tries at an account in a quarter of an hour, however its name is
// spelt, wherever they come from, and whichever process they reach.

const guesses = inject('size') === 'nightly' ? 10_000 : 90;
const password = 'correct horse battery';

/** The second believes one proxy: to it, every guess can come from another address. */
const replicas = useReplicas({}, { TRUST_PROXY_HOPS: '1' });
const { database, maker } = replicas;

beforeEach(() => database.pool.query('delete from rate_limit'));

/** Somebody with an address that looks alike in several spellings. */
async function somebody(): Promise<string> {
  const tenant = await maker.tenant();
  const id = (await setPassword(database, tenant, password)).split('@')[0] ?? '';
  const email = `k.ask-${id}@example.com`;
  await database.pool.query('update app_user set email = $1 where id = $2', [email, tenant.userId]);
  return email;
}

const fullWidth = (text: string): string =>
  text.replaceAll(/[!-~]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0));

/** Spellings of the one account. */
const spellings: readonly ((email: string) => string)[] = [
  (email) => email,
  (email) => email.toUpperCase(),
  (email) => ` ${email}`,
  (email) => `${email}\t\n `,
  (email) => `\u00a0${email}\u3000`,
  fullWidth,
  (email) => fullWidth(email.toUpperCase()),
  (email) => email.replaceAll('k', '\u212a'), // the sign for Kelvin
  (email) => email.replace('s', '\u017f'), // a long s
  (email) => email.replace('@', '\uff20'),
];

/** Claims about where a request comes from. */
const claims: readonly ((n: number) => string)[] = [
  (n) => `203.0.113.${n % 250}`,
  (n) => `10.0.0.1, 198.51.${n % 250}.7`,
  (n) => `2001:db8:${(n % 60_000).toString(16)}::1`,
  (n) => `${n}`,
  () => '127.0.0.1',
  () => '',
];

async function signIn(n: number, email: string, guess: string): Promise<number> {
  const response = await fetch(`${replicas.urlOf(n)}/api/v1/auth/login`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-forwarded-for': claims[n % claims.length]?.(n) ?? '',
      forwarded: `for=203.0.113.${n % 250}`,
      'x-real-ip': `203.0.113.${n % 250}`,
    },
    body: JSON.stringify({ email, password: guess }),
  });
  await response.text();
  return response.status;
}

test(`of ${guesses} guesses at an account ten are looked at, and then its own password is not`, async () => {
  const [victim, neighbour] = [await somebody(), await somebody()];
  const statuses: number[] = [];
  for (let n = 0; n < guesses; n += 15) {
    const some = Array.from({ length: Math.min(15, guesses - n) }, (_, i) => {
      const spelt = spellings[(n + i) % spellings.length]?.(victim) ?? victim;
      return signIn(n + i, spelt, `guess ${n + i}`);
    });
    statuses.push(...(await Promise.all(some)));
  }
  expect(statuses.filter((status) => status === 401)).toHaveLength(10);
  expect(statuses.filter((status) => status === 429)).toHaveLength(guesses - 10);

  // Until the window is over, nobody can tell the right one from a wrong one.
  for (const [n, spell] of spellings.entries()) {
    expect(await signIn(n, spell(victim), password)).toBe(429);
  }
  // Of which the neighbour, whom the same address may reach, knows nothing.
  expect(await signIn(1, neighbour, password)).toBe(200);

  await database.pool.query(
    `update rate_limit set window_ends_at = now() where key like 'sign-in:%'`,
  );
  expect(await signIn(1, ` ${victim.toUpperCase()}`, password)).toBe(200);
});

test('an address with a tag is another one, and opens nothing', async () => {
  const victim = await somebody();
  for (let n = 0; n < 12; n += 1) {
    expect(await signIn(1, victim.replace('@', `+${n}@`), password)).toBe(401);
  }
  expect(await signIn(1, victim, password)).toBe(200);
});

test('one place tries a hundred accounts, and then waits; its claims move it nowhere', async () => {
  // Even numbers reach the process that believes no proxy.
  const attempt = (n: number) => signIn(2 * n, `nobody-${n}@example.com`, 'guess');
  expect(await attempt(0)).toBe(401);
  await database.pool.query(`update rate_limit set count = 90 where key like 'sign-in-from:%'`);
  const statuses = await Promise.all(Array.from({ length: 16 }, (_, n) => attempt(n + 1)));
  expect(statuses.filter((status) => status === 401)).toHaveLength(10);
  expect(statuses.filter((status) => status === 429)).toHaveLength(6);
});

test('guesses through an invitation of the account count with those at its sign-in', async () => {
  const victim = await somebody();
  const attacker = await maker.tenant();
  const { orgId } = attacker;
  const invited = await maker.client(attacker).members.invite.mutate({ orgId, email: victim });
  const token = invited.invitationToken ?? '';
  const accept = (n: number, guess: string) =>
    replicas
      .client(n)
      .auth.acceptInvitation.mutate({ token, password: guess })
      .then(
        () => 'in',
        (error: unknown) => String(error),
      );
  for (let n = 0; n < 5; n += 1) expect(await signIn(n, victim, `guess ${n}`)).toBe(401);
  for (let n = 0; n < 5; n += 1) expect(await accept(n, `guess ${n}`)).toContain('Incorrect');
  expect(await accept(0, password)).toContain('Too many tries');
  expect(await signIn(1, victim, password)).toBe(429);
});
