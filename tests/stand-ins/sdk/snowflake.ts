import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { makeAuthority } from '../../support/certificates.ts';
import { startHttpStandIn } from '../http-stand-in.ts';
import { snowflakeHandler, type SnowflakeState } from '../snowflake.ts';

// Snowflake's driver for Node.js, which signs in and asks as all of its drivers do. None of them
// speaks the SQL API. By a variable, because only this folder has it installed.
const name = 'snowflake-sdk';
const { default: snowflake } = await import(name);

const authority = makeAuthority();
setDefaultCACertificates([...getCACertificates('default'), authority.cert]);
// It would ask the authority's servers about the certificate, and write logs into the folder.
snowflake.configure({ disableOCSPChecks: true, logLevel: 'OFF', additionalLogToConsole: false });

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const state: SnowflakeState = {
  ...{ account: 'ACME-TEST', user: 'somebody', password: 'right', database: 'SALES' },
  accessToken: 'eyJhbGciOiJIUzI1NiJ9.cmlnaHQ.c2ln',
  publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  roles: ['READER'],
  warehouses: new Map([['SMALL', 'STARTED']]),
  tables: Array.from({ length: 3_000 }, (_, n) => ({
    ...{ schema: 'PUBLIC', name: `T${n}`, type: 'BASE TABLE', rowCount: '1', comment: null },
    ...{ columns: [], unique: [], imported: [], primary: [['PK', '1', 'ID']] },
  })),
  ...{ showRows: 10_000, runningAnswers: 0, statements: [], cancelled: [], sessions: new Set() },
};
const standIn = await startHttpStandIn(
  authority.sign({ names: 'DNS:localhost' }),
  snowflakeHandler(state),
);

const usual = {
  accessUrl: `https://localhost:${standIn.port}`,
  account: 'ACME-TEST',
  username: 'somebody',
  role: 'READER',
  sfRetryMaxLoginRetries: 1,
};
const pem = (cipher: object): string =>
  privateKey.export({ type: 'pkcs8', format: 'pem', ...cipher }).toString();
const jwt = { ...usual, authenticator: 'SNOWFLAKE_JWT' };
const encrypted = { cipher: 'aes-256-cbc', passphrase: 'secret' };

for (const credentials of [
  { ...usual, password: 'right' },
  { ...usual, password: state.accessToken },
  { ...jwt, privateKey: pem({}) },
  { ...jwt, privateKey: pem(encrypted), privateKeyPass: 'secret' },
]) {
  const connection = await signIn(credentials);
  assert.equal(state.sessions.size, 1);
  const tables = await rowsOf(
    connection,
    `select table_schema, table_name
from information_schema.tables order by table_schema, table_name`,
  );
  assert.equal(tables.length, 3_000);
  assert.deepEqual(tables[0], { TABLE_SCHEMA: 'PUBLIC', TABLE_NAME: 'T0' });
  const keys = await rowsOf(connection, 'show primary keys in database "SALES"');
  assert.equal(keys.length, 3_000);
  await assert.rejects(rowsOf(connection, 'show primary keys in database "NOPE"'));
  await new Promise((resolve) => connection.destroy(resolve));
  assert.equal(state.sessions.size, 0);
}

const stranger = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
for (const credentials of [
  { ...usual, password: 'wrong' },
  { ...usual, password: 'right', role: 'NOBODY' },
  { ...jwt, privateKey: stranger.export({ type: 'pkcs8', format: 'pem' }).toString() },
]) {
  await assert.rejects(signIn(credentials), ({ code }) => code === '390100' || code === '390189');
}
await standIn.close();
process.exit(0);

function signIn(credentials: object): Promise<typeof snowflake> {
  return new Promise((resolve, reject) => {
    snowflake
      .createConnection(credentials)
      .connect((error: Error | undefined, connection: typeof snowflake) => {
        if (error) reject(error);
        else resolve(connection);
      });
  });
}

function rowsOf(connection: typeof snowflake, sqlText: string): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    connection.execute({
      sqlText,
      complete(error: Error | undefined, _statement: unknown, rows: unknown[]) {
        if (error) reject(error);
        else resolve(rows);
      },
    });
  });
}
