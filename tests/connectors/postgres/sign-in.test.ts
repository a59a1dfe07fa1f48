import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import pg from 'pg';
import type { SecretField } from '../../../shared/connection.ts';
import { postgres } from '../../../workers/connectors/postgres/connector.ts';
import type { Derive } from '../../../workers/vault/derivations.ts';
import { connectionTarget } from '../../support/connection-target.ts';
import { useEmptyDatabase } from '../../support/database.ts';

const database = useEmptyDatabase();
const role = 'basekeep_sign_in';

beforeAll(async () => {
  await database.pool.query(`create role ${role} login`);
});
afterAll(async () => {
  await database.pool.query(`drop role ${role}`);
});

const setPassword = (password: string, rounds = 4_096) =>
  database.pool.query(
    `set scram_iterations = ${rounds}; alter role ${role} password ${pg.escapeLiteral(password)}`,
  );

async function signIn(password: string, derive?: Derive<SecretField>) {
  const { hostname, port } = new URL(inject('postgresUrl'));
  const where = { host: hostname, port: Number(port), databaseName: database.name };
  const target = connectionTarget({ dialect: 'POSTGRES', username: role, ...where }, password);
  const report = await postgres.probe(
    { ...target, ...(derive ? { derive } : {}) },
    new AbortController().signal,
  );
  return report.failure;
}

describe('a password is what PostgreSQL takes it for', () => {
  // RFC 4013, section 3, and what it forbids: then PostgreSQL takes the password as it is.
  test.each([
    ['of ASCII', `a' "\\$\u0007 ~`, null],
    ['empty places', 'a\u00a0b', 'a b'],
    ['a soft hyphen', 'I\u00adX', 'IX'],
    ['a compatible letter', '\u2168 \u00aa \ufb01', 'IX a fi'],
    ['a letter in two ways', 'caf\u0065\u0301', 'caf\u00e9'],
    ['a control character', '\u00aa\u0007', null],
    ['letters in both directions', '\u0627\u0031', null],
    ['what Unicode 3.2 had not', '\u0221\u00aa \u{1f511}', null],
    ['three hundred letters', '\u00e9'.repeat(300), null],
  ])('%s', async (_, password, same) => {
    await setPassword(password);
    expect(await signIn(password)).toBeNull();
    if (same === null) {
      expect(await signIn(password.normalize('NFKC'))).toBe(
        password === password.normalize('NFKC') ? null : 'AUTHENTICATION_FAILED',
      );
    } else expect(await signIn(same)).toBeNull();
    expect(await signIn(`${password}.`)).toBe('AUTHENTICATION_FAILED');
  });
});

describe('the keys of a password', () => {
  let kept: Map<string, Buffer>;
  let made: number;
  const derive: Derive<SecretField> = async (field, label, make) => {
    expect(field).toBe('password');
    const value = kept.get(label) ?? (await make());
    if (!kept.has(label)) made += 1;
    kept.set(label, Buffer.from(value));
    return value;
  };

  beforeEach(() => {
    kept = new Map();
    made = 0;
  });

  test('are made once, and again for another salt or another number of rounds', async () => {
    await setPassword('secret');
    expect([await signIn('secret', derive), await signIn('secret', derive)]).toEqual([null, null]);
    expect(made).toBe(1);
    await setPassword('secret');
    expect(await signIn('secret', derive)).toBeNull();
    expect(made).toBe(2);
    await setPassword('secret', 5_000);
    expect(await signIn('secret', derive)).toBeNull();
    expect(made).toBe(3);
    expect([...kept.keys()].at(-1)).toMatch(/^SCRAM-SHA-256,s=[^,]+,i=5000$/);
  });

  test('that are not right sign nobody in', async () => {
    await setPassword('secret');
    await signIn('secret', derive);
    for (const keys of kept.values()) keys[0] = (keys[0] ?? 0) ^ 1;
    expect(await signIn('secret', derive)).toBe('AUTHENTICATION_FAILED');
  });

  test('prove the server: one that does not know them is none', async () => {
    await setPassword('secret');
    await signIn('secret', derive);
    // The server's half.
    for (const keys of kept.values()) keys[40] = (keys[40] ?? 0) ^ 1;
    expect(await signIn('secret', derive)).toBe('PROTOCOL_ERROR');
  });
});
