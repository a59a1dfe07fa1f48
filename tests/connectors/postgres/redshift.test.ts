import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { CatalogTable } from '../../../shared/catalog.ts';
import { createRedshiftConnector } from '../../../workers/connectors/postgres/redshift/connector.ts';
import { systemResolver } from '../../../workers/egress/resolve.ts';
import { redshiftShim } from '../../stand-ins/redshift.ts';
import { connectionTarget } from '../../support/connection-target.ts';
import { type TestDatabase, useEmptyDatabase } from '../../support/database.ts';
import { largeSchemaStatements } from '../../support/sources/large-schema.ts';
import { startTlsFront } from '../../support/servers/tls-front.ts';
import { conforms, type ServerUnderTest } from '../conformance.ts';
import { awkwardRedshift } from './redshift-awkward.ts';

const connector = createRedshiftConnector({
  // A real resolver may take seconds to say that a name does not exist.
  resolver: (host) =>
    host.endsWith('.invalid') ? Promise.reject(new Error('ENOTFOUND')) : systemResolver(host),
});

const columnsInAnotherWay = `
  select table_schema, table_name, column_name, is_nullable, column_default
  from information_schema.columns where table_schema like 'large%'`;

const keysInAnotherWay = `
  select table_schema, table_name, constraint_name, column_name
  from information_schema.key_column_usage where table_schema like 'large%'`;

function useStandIn(): TestDatabase {
  const database = useEmptyDatabase('redshift');
  beforeAll(async () => {
    await database.pool.query(redshiftShim);
  });
  return database;
}

function connectionOf(database: TestDatabase) {
  const { hostname, port, username } = new URL(inject('postgresUrl'));
  return { host: hostname, port: Number(port), username, databaseName: database.name };
}

const ownPassword = () => decodeURIComponent(new URL(inject('postgresUrl')).password);

function useServer(): ServerUnderTest {
  const database = useStandIn();
  const texts = async (sql: string): Promise<string[]> => {
    const { rows } = await database.pool.query<unknown[]>({ text: sql, rowMode: 'array' });
    return rows.map((row) => JSON.stringify(row)).sort();
  };
  return {
    get connection() {
      return connectionOf(database);
    },
    get password() {
      return ownPassword();
    },
    async execute(sql) {
      await database.pool.query(sql);
    },
    async readBack() {
      return { columns: await texts(columnsInAnotherWay), keys: await texts(keysInAnotherWay) };
    },
    summarize,
    startTlsFront(identity) {
      const { host, port } = connectionOf(database);
      return startTlsFront(identity, { host, port });
    },
    async block() {
      const client = await database.pool.connect();
      // Every catalog read needs the defaults.
      await client.query('begin; lock table pg_catalog.pg_attrdef in access exclusive mode');
      return async () => {
        await client.query('rollback');
        client.release();
      };
    },
    async connections() {
      const { rows } = await database.pool.query<{ count: number }>(
        `select count(*)::int as count from pg_stat_activity
         where application_name = 'basekeep' and datname = current_database()`,
      );
      return rows[0]?.count ?? 0;
    },
  };
}

/** What the statements above say, out of our own catalog. */
function summarize(tables: readonly CatalogTable[]): unknown {
  const large = tables.filter(({ schema }) => schema.startsWith('large'));
  const columns = large.flatMap(({ schema, name, columns: all }) =>
    all.map((c) => [schema, name, c.name, c.nullable ? 'YES' : 'NO', c.default]),
  );
  const keys = large.flatMap(({ schema, name, primaryKey, uniqueKeys, foreignKeys }) =>
    [...(primaryKey ? [primaryKey] : []), ...uniqueKeys, ...foreignKeys].flatMap((key) =>
      key.columns.map((column) => [schema, name, key.name, column]),
    ),
  );
  const sorted = (rows: unknown[][]) => rows.map((row) => JSON.stringify(row)).sort();
  return { columns: sorted(columns), keys: sorted(keys) };
}

conforms({
  dialect: 'REDSHIFT',
  connector,
  against: "embedded PostgreSQL with Redshift's views, rogue servers; no Redshift",
  useServer,
  awkward: awkwardRedshift,
  thousandTables: () => largeSchemaStatements({ tables: 1_000, columnsPerTable: 20 }),
});

describe('row estimates', () => {
  const database = useStandIn();
  const read = async (username: string, password?: string) => {
    const fields = { ...connectionOf(database), username };
    const target = connectionTarget({ dialect: 'REDSHIFT', ...fields }, password);
    const tables = await Array.fromAsync(
      connector.readCatalog(target, new AbortController().signal),
    );
    return tables.map(({ name, rowEstimate }) => [name, rowEstimate]);
  };

  beforeAll(async () => {
    await database.pool.query(`
      create table full_table as select generate_series(1, 321) n;
      create table empty_table (n integer);
      analyze full_table;
      create role "no superuser ${database.name}" login password 'own'`);
  });
  afterAll(async () => {
    await database.pool.query(`drop role "no superuser ${database.name}"`);
  });

  test('are those of SVV_TABLE_INFO, which leaves empty tables out', async () => {
    const username = new URL(inject('postgresUrl')).username;
    expect(await read(username, ownPassword())).toEqual([
      ['full_table', 321],
      ['empty_table', null],
    ]);
  });

  test('are missing for a user who may not see them, and nothing else is', async () => {
    expect(await read(`no superuser ${database.name}`, 'own')).toEqual([
      ['full_table', null],
      ['empty_table', null],
    ]);
  });
});
