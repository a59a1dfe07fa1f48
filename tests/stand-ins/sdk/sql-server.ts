import assert from 'node:assert/strict';
import {
  settingsStatement,
  Statements,
  versionStatement,
} from '../../../workers/connectors/sql-server/catalog/statements.ts';
import { createSqlServerConnector } from '../../../workers/connectors/sql-server/connector.ts';
import { makeAuthority } from '../../support/certificates.ts';
import { connectionTarget } from '../../support/connection-target.ts';
import type { SqlServerTable } from '../sql-server/catalog.ts';
import { type SqlServerState, startSqlServer } from '../sql-server/server.ts';

// The two clients of TDS for Node.js, tedious by itself and mssql with its pool on top of it, each
// with its own encryption. By variables, because only this folder has them installed.
const [driverName, poolName] = ['tedious', 'mssql'];
const { Connection, Request, TYPES } = await import(driverName);
const { default: mssql } = await import(poolName);

const tables = Array.from({ length: 2_500 }, (_, n): SqlServerTable => ({
  ...{ schema: 'dbo', name: `Table ${n} 💥`, type: 'U', comment: n % 2 ? 'odd' : null, rows: '1' },
  columns: Array.from({ length: 5 }, (_unused, c) => [
    ...[`${c + 1}`, `Column ${c}`, 'int', null, '4', '10', '0', '1', `((${n}))`],
    ...[null, null, null, '0'],
  ]),
}));
const state: SqlServerState = {
  ...{ user: 'reader', password: 'right pässword', database: 'Shop', tables },
  ...{ signIns: [], cancelled: 0 },
};
const authority = makeAuthority();
const server = await startSqlServer(state, {
  identity: authority.sign({ names: 'DNS:localhost' }),
});

interface SignIn {
  readonly password?: string;
  readonly database?: string;
  readonly encrypt?: boolean;
  readonly ca?: string;
}

function open({ password = state.password, database = 'Shop', ...tls }: SignIn = {}) {
  const { encrypt = true, ca = authority.cert } = tls;
  const connection = new Connection({
    server: 'localhost',
    authentication: { type: 'default', options: { userName: 'reader', password } },
    options: {
      ...{ port: server.port, database, encrypt, trustServerCertificate: false },
      ...{ cryptoCredentialsDetails: { ca }, maxRetriesOnTransientErrors: 0 },
    },
  });
  return new Promise<typeof connection>((resolve, reject) => {
    connection.connect((error: Error | undefined) => (error ? reject(error) : resolve(connection)));
  });
}

interface Asked {
  readonly text: string;
  readonly numbers?: { readonly [name: string]: number };
}

/** Our own statement, asked by tedious in its usual way: with parameters it is sp_executesql. */
function ask(connection: typeof Connection, { text, numbers }: Asked): Promise<unknown[][]> {
  return new Promise((resolve, reject) => {
    const rows: unknown[][] = [];
    const request = new Request(text, (error: Error | undefined) =>
      error ? reject(error) : resolve(rows),
    );
    for (const [name, value] of Object.entries(numbers ?? {})) {
      request.addParameter(name, TYPES.Int, value);
    }
    request.on('row', (fields: { value: unknown }[]) => {
      rows.push(fields.map(({ value }) => value));
    });
    if (numbers) connection.execSql(request);
    else connection.execSqlBatch(request);
  });
}

for (const encrypt of [true, false]) {
  const connection = await open({ encrypt });
  await ask(connection, settingsStatement(1_000));
  const [version = []] = await ask(connection, versionStatement);
  assert.match(String(version[0]), /^16\./);
  const statements = new Statements(16, 3);
  const rows = await ask(connection, statements.tables(0, 10_000));
  assert.equal(rows.length, tables.length);
  const last = Number(rows.at(-1)?.[0]);
  const columns = await ask(connection, statements.parts(0, last).columns);
  assert.equal(columns.length, 5 * tables.length);
  const named = new Map(rows.map(([id, schema, name]) => [id, `${schema}.${name}`]));
  const theirs = columns.map((row) => [named.get(row[0]), row[2], row[9]].join()).sort();

  const target = { host: 'localhost', port: server.port, username: 'reader', sslEnabled: encrypt };
  const ours = await Array.fromAsync(
    createSqlServerConnector().readCatalog(
      connectionTarget(
        { dialect: 'SQL_SERVER', ...target, sslCaCertificate: authority.cert },
        state.password,
      ),
      new AbortController().signal,
    ),
  );
  const read = ours.flatMap(({ schema, name, columns: all }) =>
    all.map((column) => [`${schema}.${name}`, column.name, column.default].join()),
  );
  assert.deepEqual(read.sort(), theirs);
  await assert.rejects(ask(connection, { text: 'select 42' }), { number: 102 });

  // A statement that waits is cancelled, and the connection is good for the next one.
  const release = server.block();
  const waiting = ask(connection, statements.tables(0, 1));
  setTimeout(() => connection.cancel(), 200);
  await assert.rejects(waiting, { code: 'ECANCEL' });
  release();
  assert.equal((await ask(connection, statements.tables(0, 1))).length, 1);
  connection.close();
}
assert.equal(state.cancelled, 2);

await assert.rejects(open({ password: 'wrong' }), { code: 'ELOGIN', message: /Login failed/ });
await assert.rejects(open({ database: 'nope' }), { code: 'ELOGIN' });
await assert.rejects(open({ ca: makeAuthority().cert }), { code: 'ESOCKET' });

const pool = await mssql.connect({
  ...{ server: 'localhost', port: server.port, user: 'reader', password: state.password },
  // It would ask whether one is still one, before everything else.
  ...{ database: 'Shop', pool: { max: 4 }, validateConnection: false },
  options: {
    ...{ encrypt: true, trustServerCertificate: false },
    cryptoCredentialsDetails: { ca: authority.cert },
  },
});
const answers = await Promise.all(
  Array.from({ length: 12 }, () => {
    const { text, numbers } = new Statements(16, 3).tables(0, 100);
    const request = pool.request();
    for (const [name, value] of Object.entries(numbers ?? {})) {
      request.input(name, mssql.Int, value);
    }
    return request.query(text);
  }),
);
for (const { recordset } of answers) assert.equal(recordset.length, 100);
await pool.close();
await server.close();
process.exit(0);
