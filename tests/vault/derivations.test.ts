import { randomBytes } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import type { SecretField } from '../../shared/connection.ts';
import { Derivations, type Derive, type Kept } from '../../workers/vault/derivations.ts';
import type { SealedSecret, Vault } from '../../workers/vault/open.ts';
import { newPair, place } from './fixtures.ts';

let vault: Vault;
let seal: (password: string) => SealedSecret<SecretField>;
/** How often something was made. */
let made: number;
const make = async (): Promise<Buffer> => {
  made += 1;
  return Promise.resolve(Buffer.alloc(64, made));
};

beforeEach(async () => {
  const pair = await newPair();
  vault = pair.vault;
  seal = (password) => ({
    field: 'password',
    envelope: pair.sealer.seal(password, place),
    context: place,
  });
  made = 0;
});

const derive = (sealed: SealedSecret<SecretField>, label: string) =>
  vault.use([sealed], async (_secrets, given) => (await given('password', label, make))[0]);

test('what was derived from a secret is there at its next use, under its label', async () => {
  const sealed = seal('secret');
  expect([await derive(sealed, 'a'), await derive(sealed, 'a')]).toEqual([1, 1]);
  // One of each secret is kept.
  expect([await derive(sealed, 'b'), await derive(sealed, 'a')]).toEqual([2, 3]);
});

test('nothing is found by another envelope, be it of the same text', async () => {
  await derive(seal('secret'), 'a');
  expect(await derive(seal('secret'), 'a')).toBe(2);
});

test('the caller may wipe what it was given', async () => {
  const sealed = seal('secret');
  const wipe = async (_secrets: unknown, given: Derive<SecretField>) =>
    (await given('password', 'a', make)).fill(0);
  await vault.use([sealed], wipe);
  await vault.use([sealed], wipe);
  expect(await derive(sealed, 'a')).toBe(1);
});

test('what is made when the envelope is closed is kept by nobody', async () => {
  const sealed = seal('secret');
  let late: Derive<SecretField> | undefined;
  await vault.use([sealed], (_secrets, given) => Promise.resolve(void (late = given)));
  await late?.('password', 'a', make);
  expect(await derive(sealed, 'a')).toBe(2);
});

test('a failure to make it is kept by nobody', async () => {
  const sealed = seal('secret');
  const fail = () => Promise.reject(new Error('no'));
  await expect(
    vault.use([sealed], (_secrets, given) => given('password', 'a', fail)),
  ).rejects.toThrow('no');
  expect(await derive(sealed, 'a')).toBe(1);
});

test('what is kept says nothing of the value without the key of the envelope', async () => {
  const kept = new Map<string, Kept>();
  const derivations = new Derivations(kept);
  const value = randomBytes(64);
  const dataKeys = [randomBytes(32), randomBytes(32)];
  for (const dataKey of dataKeys) {
    const open = derivations.open(dataKey);
    await open.derive('a', () => Promise.resolve(Buffer.from(value)));
    open.close();
  }
  const [one, other] = [...kept.values()].map(({ masked }) => masked);
  if (!one || !other) throw new Error('two values are kept');
  // Half of random bits are equal: 512 tosses stay between 150 and 362 but once in 10^20 times.
  for (const [a, b] of [
    [one, value],
    [other, value],
    [one, other],
  ] as const) {
    const differing = a.reduce((bits, byte, n) => bits + ones(byte ^ (b[n] ?? 0)), 0);
    expect(differing).toBeGreaterThan(150);
    expect(differing).toBeLessThan(362);
  }
  for (const dataKey of dataKeys) {
    const { derive: again } = derivations.open(dataKey);
    expect(await again('a', make)).toEqual(value);
  }
});

test('the least used leave when there are too many', async () => {
  const kept = new Map<string, Kept>();
  const derivations = new Derivations(kept, 2);
  const use = async (n: number) =>
    (await derivations.open(Buffer.alloc(32, n)).derive('a', make))[0];
  expect([await use(0), await use(1), await use(0), await use(2)]).toEqual([1, 2, 1, 3]);
  expect(kept.size).toBe(2);
  expect([await use(0), await use(1)]).toEqual([1, 4]);
});

const ones = (byte: number): number => byte.toString(2).replaceAll('0', '').length;
