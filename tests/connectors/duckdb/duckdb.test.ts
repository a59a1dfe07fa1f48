import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { CatalogTable } from '../../../shared/catalog.ts';
import { createDuckdbConnector } from '../../../workers/connectors/duckdb/connector.ts';
import { queryDuckdb, writeDuckdb } from '../../support/sources/duckdb-file.ts';
import { conforms, type ServerUnderTest } from '../conformance.ts';
import { awkwardDuckdb } from './duckdb-awkward.ts';
import { freezeReaders } from './duckdb-frozen.ts';
import { readers } from './duckdb-readers.ts';

const root = mkdtempSync(path.join(tmpdir(), 'duckdb-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const frozen = freezeReaders(root);
const connector = createDuckdbConnector({ root, nodeOptions: frozen.nodeOptions });

function useServer(): ServerUnderTest {
  const file = path.join(root, 'shop.duckdb');
  beforeAll(() => writeDuckdb(file, 'select 1'));
  return {
    connection: { databaseName: 'shop.duckdb' },
    password: '',
    execute: (sql) => writeDuckdb(file, sql),
    readBack: () =>
      queryDuckdb(
        file,
        `select table_schema, table_name, column_name, data_type, is_nullable, column_default
         from information_schema.columns where table_name like 'large%' order by all`,
      ),
    summarize,
    startTlsFront: () => Promise.reject(new Error('A file has no connection to encrypt')),
    block: () => Promise.resolve(frozen.freeze()),
    connections: () => Promise.resolve(readers().length),
  };
}

/** What information_schema says, out of our own catalog. */
function summarize(tables: readonly CatalogTable[]): unknown {
  const rows = tables
    .filter(({ name }) => name.startsWith('large'))
    .flatMap(({ schema, name, columns }) =>
      columns.map((column) => [
        ...[schema, name, column.name, column.type],
        ...[column.nullable ? 'YES' : 'NO', column.default],
      ]),
    );
  return rows.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

function* thousandTables(): Generator<string> {
  const columns = Array.from({ length: 10 }, (_, n) => `c${n} integer default ${n}`).join(', ');
  const tables = Array.from({ length: 1_000 }, (_, n) => `create table large_${n} (${columns});`);
  yield `begin; ${tables.join(' ')} insert into large_0 (c0) values (1), (2); commit;`;
}

conforms({
  dialect: 'DUCKDB',
  connector,
  against: 'DuckDB 1.5.4',
  useServer,
  steps: ['open', 'query', 'catalog'],
  version: /^DuckDB v1\.\d/,
  wrong: {
    database: {
      changes: { databaseName: 'no-such.duckdb' },
      step: 'open',
      failure: 'FILE_NOT_FOUND',
    },
  },
  awkward: awkwardDuckdb,
  thousandTables,
});
