import fc from '../support/fast-check.ts';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { keyId } from '../../shared/vault/envelope.ts';
import { createSealer } from '../../shared/vault/seal.ts';
import { createVault } from '../../workers/vault/open.ts';
import { attempt, contexts, newKeyPair, newPair, place, plaintexts } from './fixtures.ts';

let pair: Awaited<ReturnType<typeof newPair>>;
const numRuns = inject('size') === 'nightly' ? 5_000 : 300;

beforeAll(async () => {
  pair = await newPair();
});

describe('what was sealed opens in its place', () => {
  test('any text, in any place', async () => {
    await fc.assert(
      fc.asyncProperty(plaintexts, contexts, async (plaintext, context) => {
        const opened = await attempt(pair.vault, pair.sealer.seal(plaintext, context), context);
        expect(opened).toEqual({ plaintext });
      }),
      { numRuns },
    );
  });

  test.each([
    ['empty', ''],
    ['NUL', 'before\0after\0'],
    ['16 KB, the longest that the API takes', '\u{1d11e}'.repeat(8_192)],
    ['a byte order mark', '\u{feff}secret'],
    ['both line ends', '-----BEGIN KEY-----\r\nabc\n-----END KEY-----\n'],
  ])('%s', async (_, plaintext) => {
    const opened = await attempt(pair.vault, pair.sealer.seal(plaintext, place), place);
    expect(opened).toEqual({ plaintext });
  });

  test('several at once, each under its field', async () => {
    const fields = ['password', 'sshPassword'] as const;
    const sealed = fields.map((field) => {
      const context = { ...place, field };
      return { field, context, envelope: pair.sealer.seal(`the ${field}`, context) };
    });
    const opened = await pair.vault.use(sealed, (secrets) => Promise.resolve({ ...secrets }));
    expect(opened).toEqual({ password: 'the password', sshPassword: 'the sshPassword' });
  });

  test('with the old key pair while a rotation runs', async () => {
    const next = await newKeyPair();
    const vault = await createVault([pair.keys, next]);
    const old = pair.sealer.seal('old', place);
    const fresh = (await createSealer(next.publicKey)).seal('fresh', place);
    expect(await attempt(vault, old, place)).toEqual({ plaintext: 'old' });
    expect(await attempt(vault, fresh, place)).toEqual({ plaintext: 'fresh' });
  });
});

describe('an envelope', () => {
  test('has the documented sizes, and one byte per byte of text beside the tag', () => {
    fc.assert(
      fc.property(plaintexts, (plaintext) => {
        const { kid, wrapped, nonce, ciphertext } = pair.sealer.seal(plaintext, place);
        expect(kid).toMatch(/^[\w-]{12}$/);
        expect(kid).toBe(keyId(pair.keys.publicKey));
        expect(wrapped).toHaveLength(112);
        expect(nonce).toHaveLength(24);
        expect(ciphertext).toHaveLength(Buffer.byteLength(plaintext) + 16);
      }),
    );
  });

  test('shares nothing with another of the same text', () => {
    const many = Array.from({ length: 200 }, () => pair.sealer.seal('same', place));
    const hex = (part: 'wrapped' | 'nonce' | 'ciphertext') =>
      new Set(many.map((envelope) => Buffer.from(envelope[part]).toString('hex'))).size;
    expect([hex('wrapped'), hex('nonce'), hex('ciphertext')]).toEqual([200, 200, 200]);
  });

  test('does not hold its text', () => {
    const canary = 'canary-4f1f0d2c';
    const { wrapped, nonce, ciphertext } = pair.sealer.seal(canary, place);
    expect(Buffer.concat([wrapped, nonce, ciphertext]).includes(canary)).toBe(false);
  });
});

describe('keys that are not a pair stop the start', () => {
  test('a private key of another pair', async () => {
    const { privateKey } = await newKeyPair();
    await expect(createVault([{ ...pair.keys, privateKey }])).rejects.toThrow(/does not belong/);
  });

  test.each([0, 31, 33])('a private key of %i bytes', async (length) => {
    const privateKey = new Uint8Array(length);
    await expect(createVault([{ ...pair.keys, privateKey }])).rejects.toThrow(/does not belong/);
  });

  test('one wrong pair among right ones', async () => {
    const stranger = await newKeyPair();
    const wrong = { publicKey: stranger.publicKey, privateKey: pair.keys.privateKey };
    await expect(createVault([pair.keys, wrong])).rejects.toThrow(/does not belong/);
  });

  test.each([0, 31, 33])('a public key of %i bytes', async (length) => {
    await expect(createSealer(new Uint8Array(length))).rejects.toThrow(/instead of 32/);
  });
});
