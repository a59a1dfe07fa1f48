import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sodium from 'libsodium-wrappers';
import { beforeAll, describe, expect, test } from 'vitest';
import { createOneTimeBox } from '../../server/worker-answers/one-time-box.ts';
import { readEnv } from '../../shared/env.ts';
import { cruise, repository } from './support/cruise.ts';

// C4 of the security programme: an API host that is taken over can open no secret.

/** What may open a connection to a database: our own through the ORM and the queue, and no other. */
const ourDatabase = /^(pg|pg-boss|pg-copy-streams|@mikro-orm\/.*)$/;
const connects =
  /(^|[@/-])(pg|postgres|mysql|maria|mssql|tedious|oracle|duckdb|clickhouse|snowflake|bigquery|spanner|athena|databricks|ssh)/;

/** The files of the repository and the packages that server/main.ts reaches, lazily or not. */
let files: string[];
let imports: { from: string; package: string }[];

const packageOf = (path: string): string | undefined =>
  /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];

const oneTimeBox = 'server/worker-answers/one-time-box.ts';

const sourceOf = (file: string): string => readFileSync(join(repository, file), 'utf8');

const filesThatSay = (words: RegExp): string[] =>
  files.filter((file) => words.test(sourceOf(file)));

describe('what server/main.ts reaches', () => {
  beforeAll(async () => {
    const { modules } = await cruise(repository, ['server/main.ts']);
    const own = modules.filter(({ source, coreModule }) => !coreModule && !packageOf(source));
    files = own.map(({ source }) => source);
    imports = own.flatMap(({ source, dependencies }) =>
      dependencies.flatMap(({ resolved }) => {
        const name = packageOf(resolved);
        return name ? [{ from: source, package: name }] : [];
      }),
    );
  });

  test('is the API, and more than its own file', () => {
    expect(files).toEqual(expect.arrayContaining(['server/main.ts', 'server/app.ts']));
    expect(imports.map((edge) => edge.package)).toContain('@trpc/server');
  });

  test('is server and shared: no worker, no launcher, no test', () => {
    const foreign = files.filter((file) => !/^(server\/(?!launcher\/)|shared\/)/.test(file));
    expect(foreign).toEqual([]);
  });

  test('holds no database driver but the one of its own database', () => {
    const drivers = imports.filter((edge) => connects.test(edge.package));
    expect(drivers.filter((edge) => !ourDatabase.test(edge.package))).toEqual([]);
    const direct = drivers.filter((edge) => /^pg(-copy-streams)?$/.test(edge.package));
    expect(direct.filter(({ from }) => !from.startsWith('shared/db/'))).toEqual([]);
  });

  test('contains no code that opens an envelope', () => {
    const opening = /seal_open|box_open|aead_\w+_decrypt/;
    // What it opens was sealed to a key that it has made itself, for the length of one request.
    expect(filesThatSay(opening)).toEqual([oneTimeBox]);
  });

  test('opens a box with no key but the one that was made with it', async () => {
    expect(createOneTimeBox).toHaveLength(0);
    const imported = [
      ...sourceOf(oneTimeBox).matchAll(/(?:from|import|require)\s*\(?\s*'([^']+)'/g),
    ];
    expect(imported.map(([, name]) => name)).toEqual(['libsodium-wrappers']);
    // Neither an envelope nor another box opens in it, and it opens once.
    const box = await createOneTimeBox();
    const sealTo = (publicKey: string) =>
      sodium.crypto_box_seal('secret', Buffer.from(publicKey, 'base64'));
    const again = await createOneTimeBox();
    expect(() => box.open(sealTo(again.publicKey))).toThrow();
    expect(again.open(sealTo(again.publicKey))).toBe('secret');
    expect(() => again.open(sealTo(again.publicKey))).toThrow();
    expect(Object.keys(again).sort()).toEqual(['open', 'publicKey']);
  });

  test("opens its own answers to retries, by their callers' keys, and nothing of the vault", () => {
    const opener = 'server/middleware/idempotency/answer.ts';
    expect(filesThatSay(/createDecipher/)).toEqual([opener]);
    const source = readFileSync(join(repository, opener), 'utf8');
    expect([...source.matchAll(/from '(.+)'/g)].map(([, from]) => from)).toEqual([
      'node:crypto',
      './operation.ts',
    ]);
    expect(source).not.toMatch(/chacha/i);
  });

  test('names the private key nowhere but in the table of environments', () => {
    expect(filesThatSay(/VAULT_PRIVATE_KEY/)).toEqual(['shared/env.ts']);
  });
});

test("the API's environment does not carry the private key, even when it is set", () => {
  const environment = readEnv('server', {
    DATABASE_URL: 'postgres://basekeep@localhost/basekeep',
    VAULT_PUBLIC_KEY_FILE: '/keys/public',
    TOKEN_SIGNING_KEY_FILE: '/keys/signing',
    API_SECRET_FILE: '/keys/secret',
    VAULT_PRIVATE_KEY_FILE: '/keys/private',
  });
  expect(environment).toMatchObject({ VAULT_PUBLIC_KEY_FILE: '/keys/public' });
  expect(JSON.stringify(environment)).not.toMatch(/private/i);
});
