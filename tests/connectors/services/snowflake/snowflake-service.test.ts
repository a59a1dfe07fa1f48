import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConnectionSecrets } from '../../../../shared/connection.ts';
import { createSnowflakeConnector } from '../../../../workers/connectors/snowflake/connector.ts';
import { connectionTarget } from '../../../support/connection-target.ts';
import { vendorMissing } from '../vendor-server.ts';
import {
  accessToken,
  connector,
  field,
  password,
  privateKey,
  standIn,
  state,
  tableOf,
} from './snowflake-server.ts';

const tables = ['ORDERS', 'LINES'].map((name) =>
  tableOf({ name, columns: [field('ID', 'NUMBER', [null, '38', '0'])] }),
);

describe.skipIf(vendorMissing !== null)(
  `beyond the suite, Snowflake ${vendorMissing ?? ''}`,
  () => {
    const never = new AbortController().signal;
    const server = standIn.useServer();
    const target = (more: object = {}, secrets: ConnectionSecrets = { password }) => ({
      ...connectionTarget({ dialect: 'SNOWFLAKE', ...server.connection, ...more }),
      secrets,
    });
    const probe = async (more: object = {}, secrets?: ConnectionSecrets) => {
      const { steps, failure } = await connector.probe(target(more, secrets), never);
      return [steps.at(-1)?.step ?? null, failure];
    };
    beforeAll(() => {
      state.tables.length = 0;
      state.tables.push(...tables);
    });
    afterAll(() => {
      state.warehouses.set('SMALL', 'STARTED');
      state.showRows = 10_000;
    });

    const pem = (type: 'pkcs1' | 'pkcs8', passphrase?: string): string =>
      privateKey
        .export({
          ...{ type, format: 'pem' },
          ...(passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }),
        })
        .toString();
    const passphrase = 'canary-snowflake-passphrase';

    const goodKeys: [string, ConnectionSecrets][] = [
      ['PKCS#8', { snowflakePrivateKey: pem('pkcs8') }],
      ['PKCS#1', { snowflakePrivateKey: pem('pkcs1') }],
      ['one line', { snowflakePrivateKey: pem('pkcs8').replaceAll('\n', '\\n') }],
      [
        'encrypted PKCS#8',
        {
          snowflakePrivateKey: pem('pkcs8', passphrase),
          snowflakePrivateKeyPassphrase: passphrase,
        },
      ],
    ];
    test.each(goodKeys)('a key pair signs in: %s', async (_what, secrets) => {
      expect(await probe({}, secrets)).toEqual(['catalog', null]);
      const read = await Array.fromAsync(connector.readCatalog(target({}, secrets), never));
      expect(read).toHaveLength(tables.length);
    });

    const badKeys: [string, ConnectionSecrets, string][] = [
      ['no key', { snowflakePrivateKey: 'hello' }, 'CREDENTIALS_INVALID'],
      [
        'a passphrase that is missing',
        { snowflakePrivateKey: pem('pkcs8', passphrase) },
        'CREDENTIALS_INVALID',
      ],
      [
        'a wrong passphrase',
        { snowflakePrivateKey: pem('pkcs8', passphrase), snowflakePrivateKeyPassphrase: 'wrong' },
        'CREDENTIALS_INVALID',
      ],
      ['a key of another kind', { snowflakePrivateKey: keyOf('ed25519') }, 'CREDENTIALS_INVALID'],
      ['a key that is too short', { snowflakePrivateKey: keyOf('short') }, 'CREDENTIALS_INVALID'],
      ['a key that nobody knows', { snowflakePrivateKey: keyOf('rsa') }, 'AUTHENTICATION_FAILED'],
    ];
    test.each(badKeys)('%s does not sign in', async (_what, secrets, failure) => {
      expect(await probe({}, secrets)).toEqual(['sign-in', failure]);
    });

    test('a programmatic access token signs in as a password', async () => {
      expect(await probe({}, { password: accessToken })).toEqual(['catalog', null]);
      const wrong = accessToken.replace('canary', 'wrong');
      expect(await probe({}, { password: wrong })).toEqual(['sign-in', 'AUTHENTICATION_FAILED']);
    });

    test('the sessions of passwords are ended', async () => {
      state.sessions.clear();
      expect(await probe()).toEqual(['catalog', null]);
      await Array.fromAsync(connector.readCatalog(target(), never));
      expect(state.sessions).toEqual(new Set());
    });

    test.each([{ password }, { snowflakePrivateKey: pem('pkcs8') }])(
      'roles and warehouses are identifiers as in SQL (%#)',
      async (secrets) => {
        const of = (more: object) => probe(more, secrets);
        expect(await of({ snowflakeRole: 'reader' })).toEqual(['catalog', null]);
        expect(await of({ snowflakeRole: 'nobody' })).toEqual(['sign-in', 'PERMISSION_DENIED']);
        expect(await of({ snowflakeWarehouse: 'small' })).toEqual(['catalog', null]);
        expect(await of({ snowflakeWarehouse: '"Big ""one"""' })).toEqual(['catalog', null]);
        const missing = await of({ snowflakeWarehouse: '"small"' });
        expect(missing).toEqual(['query', 'WAREHOUSE_UNAVAILABLE']);
        expect(await of({ databaseName: null })).toEqual(['catalog', null]);
      },
    );

    test('a probe wakes no warehouse, a read does', async () => {
      state.warehouses.set('SMALL', 'SUSPENDED');
      state.statements.length = 0;
      expect(await probe()).toEqual(['catalog', null]);
      expect(state.statements.join()).not.toContain('information_schema');
      await Array.fromAsync(connector.readCatalog(target(), never));
      expect(state.statements.join()).toContain('information_schema');
    });

    test('keys are asked of schemas and tables where SHOW stops', async () => {
      const small = createSnowflakeConnector({ route: standIn.route, showRows: 3 });
      state.showRows = 3;
      state.statements.length = 0;
      const places = ['PUBLIC.A', 'PUBLIC.B', 'PUBLIC.C', 'S"2.D'].map((path) => path.split('.'));
      state.tables.length = 0;
      for (const [schema = '', name = ''] of places) {
        state.tables.push(tableOf({ schema, name, primary: [[`${name}_PK`, '1', 'ID']] }));
      }
      const read = await Array.fromAsync(small.readCatalog(target(), never));
      const names = read.map(({ primaryKey }) => primaryKey?.name);
      expect(names).toEqual(['A_PK', 'B_PK', 'C_PK', 'D_PK']);
      expect(state.statements.filter((text) => text.startsWith('show primary'))).toEqual([
        'show primary keys in database "SALES"',
        'show primary keys in schema "SALES"."PUBLIC"',
        'show primary keys in table "SALES"."PUBLIC"."A"',
        'show primary keys in table "SALES"."PUBLIC"."B"',
        'show primary keys in table "SALES"."PUBLIC"."C"',
        'show primary keys in schema "SALES"."S""2"',
      ]);
    });

    test('a statement that runs is cancelled within two seconds of an abort', async () => {
      state.runningAnswers = 1_000_000;
      state.statements.length = 0;
      const controller = new AbortController();
      const reading = Array.fromAsync(connector.readCatalog(target(), controller.signal));
      const failed = expect(reading).rejects.toThrow('CONNECTION_LOST');
      await expect.poll(() => state.statements.join()).toContain('information_schema');
      // The answer with the statement's handle has to arrive.
      await sleep(200);
      controller.abort();
      await failed;
      state.runningAnswers = 1;
      expect(state.cancelled).not.toEqual([]);
      expect(state.sessions).toEqual(new Set());
    });
  },
);

function keyOf(kind: 'ed25519' | 'short' | 'rsa'): string {
  const made =
    kind === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('rsa', { modulusLength: kind === 'short' ? 1_024 : 2_048 });
  return made.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
