import assert from 'node:assert/strict';
import { createClickhouseConnector } from '../../../workers/connectors/clickhouse/connector.ts';
import {
  clickhouseMissing,
  clickhousePassword,
  startClickhouse,
} from '../../support/servers/clickhouse.ts';
import { connectionTarget } from '../../support/connection-target.ts';

// No stand-in: the vendor's client reads the catalog of a real server, which ours has to agree with.
const name = '@clickhouse/client';
const { createClient } = await import(name);

const missing = clickhouseMissing();
if (missing) throw new Error(missing);

const server = await startClickhouse();
await server.execute('create database compared');
for (let n = 0; n < 50; n += 1) {
  const columns = Array.from({ length: 10 }, (_, c) => `c${c} Nullable(String)`).join(', ');
  await server.execute(`create table compared.\`t ${n}\` (${columns}) engine = Memory`);
}

const connection = {
  ...{ host: '127.0.0.1', port: server.httpPort, username: 'reader', databaseName: 'compared' },
};
const ours = await Array.fromAsync(
  createClickhouseConnector().readCatalog(
    connectionTarget({ dialect: 'CLICKHOUSE', ...connection }, clickhousePassword),
    new AbortController().signal,
  ),
);
const client = createClient({
  url: `http://127.0.0.1:${server.httpPort}`,
  ...{ username: 'reader', password: clickhousePassword, set_basic_auth_header: true },
});
const query = `select table, name, type from system.columns where database = 'compared'`;
const answer = await client.query({ query, format: 'JSONEachRow' });
const theirs: { table: string; name: string; type: string }[] = await answer.json();
await client.close();
await server.stop();

const key = (parts: readonly string[]): string => JSON.stringify(parts);
assert.deepEqual(
  ours.flatMap((table) => table.columns.map((c) => key([table.name, c.name, c.type]))).sort(),
  theirs.map((row) => key([row.table, row.name, row.type])).sort(),
);
assert.equal(theirs.length, 500);
