import { inspect } from 'node:util';
import sodium from 'libsodium-wrappers';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Envelope, SealContext } from '../../shared/vault/envelope.ts';
import { attempt, newPair, place } from './fixtures.ts';

// C2 of the security programme, at the vault itself.

let pair: Awaited<ReturnType<typeof newPair>>;
let envelope: Envelope;
const plaintext = 'canary-of-the-vault';

beforeAll(async () => {
  pair = await newPair();
  envelope = pair.sealer.seal(plaintext, place);
});

async function refusal(changed: Envelope, context: SealContext = place) {
  const outcome = await attempt(pair.vault, changed, context);
  return 'refused' in outcome ? outcome.refused : outcome;
}

/** The same bytes with one bit of one byte turned. */
function flipped(bytes: Uint8Array, at: number, bit = 1): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ bit;
  return copy;
}

const parts = ['wrapped', 'nonce', 'ciphertext'] as const;

describe('a secret that was moved does not open', () => {
  test.each<[string, Partial<SealContext>]>([
    ['another organization', { organizationId: 'org_2' }],
    ['another owner', { ownerId: 'ds_2' }],
    ['another type of owner', { ownerType: 'connection_draft' }],
    ['another field', { field: 'sshPassword' }],
    ['another version', { version: 2 }],
    ['another destination', { destination: '8:POSTGRES|5:=evil' }],
    ['a part moved over a border', { ownerId: 'ds_1p', field: 'assword' }],
    ['a longer name of the organization', { organizationId: 'org_1\0' }],
  ])('to %s', async (_, change) => {
    expect(await refusal(envelope, { ...place, ...change })).toBe('CONTEXT_MISMATCH');
  });

  test('and its parts do not open with those of another envelope of the same place', async () => {
    const other = pair.sealer.seal('the other secret', place);
    for (const part of parts) {
      expect(await refusal({ ...envelope, [part]: other[part] })).toBe('CORRUPT');
    }
  });

  test('and a wrapped key does not open the text of another place', async () => {
    const elsewhere = { ...place, organizationId: 'org_2' };
    const theirs = pair.sealer.seal('theirs', elsewhere);
    const mixed = { ...theirs, wrapped: envelope.wrapped };
    expect(await refusal(mixed, place)).toBe('CORRUPT');
    expect(await refusal(mixed, elsewhere)).toBe('CONTEXT_MISMATCH');
  });
});

describe('a secret that was changed does not open', () => {
  test.each(parts)('each single byte of %s counts', async (part) => {
    for (let at = 0; at < envelope[part].length; at += 1) {
      for (const bit of [1, 128]) {
        const changed = { ...envelope, [part]: flipped(envelope[part], at, bit) };
        expect(await refusal(changed), `byte ${at}`).toBe('CORRUPT');
      }
    }
  });

  test.each(parts)('each shorter %s is refused', async (part) => {
    for (let length = 0; length < envelope[part].length; length += 1) {
      const changed = { ...envelope, [part]: envelope[part].subarray(0, length) };
      expect(await refusal(changed), `${length} bytes`).toBe('CORRUPT');
    }
  });

  test.each(parts)('a longer %s is refused', async (part) => {
    for (const more of [[0], [0, 0, 0, 0], [...envelope[part]]]) {
      const changed = { ...envelope, [part]: Uint8Array.from([...envelope[part], ...more]) };
      expect(await refusal(changed)).toBe('CORRUPT');
    }
  });

  test('a well-sealed key without its context is refused', async () => {
    for (const length of [0, 32, 63, 65, 96]) {
      const wrapped = sodium.crypto_box_seal(new Uint8Array(length), pair.keys.publicKey);
      expect(await refusal({ ...envelope, wrapped }), `${length} bytes`).toBe('CORRUPT');
    }
  });
});

describe('a key pair that is not there', () => {
  test.each(['', 'AAAAAAAAAAAA', '__proto__', 'constructor'])('%j is missing', async (kid) => {
    expect(await refusal({ ...envelope, kid })).toBe('KEY_MISSING');
  });

  test('is missing, not corrupt: the secret may open again later', async () => {
    const stranger = await newPair();
    expect(await refusal(stranger.sealer.seal('x', place))).toBe('KEY_MISSING');
  });

  test('is not replaced by one that is', async () => {
    const stranger = await newPair();
    const relabelled = { ...stranger.sealer.seal('x', place), kid: envelope.kid };
    expect(await refusal(relabelled)).toBe('CORRUPT');
  });
});

test('one that does not open keeps all of them shut', async () => {
  const good = { field: 'password', context: place, envelope } as const;
  const bad = { ...good, field: 'sshPassword', envelope: { ...envelope, kid: 'x' } } as const;
  let calls = 0;
  const work = () => Promise.resolve((calls += 1));
  await expect(pair.vault.use([good, bad], work)).rejects.toMatchObject({ code: 'KEY_MISSING' });
  await expect(pair.vault.use([bad, good], work)).rejects.toMatchObject({ code: 'KEY_MISSING' });
  expect(calls).toBe(0);
});

test('a refusal carries a code and nothing of what it refused', async () => {
  const cases: [Envelope, SealContext][] = [
    [{ ...envelope, kid: 'kid-canary' }, place],
    [envelope, { ...place, ownerId: 'owner-canary' }],
    [{ ...envelope, ciphertext: flipped(envelope.ciphertext, 0) }, place],
  ];
  for (const [changed, context] of cases) {
    const outcome = await attempt(pair.vault, changed, context);
    if (!('error' in outcome)) throw new Error('it opened');
    const { error } = outcome;
    expect(error.message).toBe(error.code);
    expect(error.cause).toBeUndefined();
    expect(Object.keys(error).sort()).toEqual(['code', 'name']);
    const shown = inspect(error, { depth: 10, showHidden: true });
    expect(shown).not.toContain('canary');
    for (const part of parts) {
      expect(shown).not.toContain(Buffer.from(changed[part]).toString('hex'));
    }
  }
});
