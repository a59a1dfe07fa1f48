import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import type { CatalogTable } from '../../../shared/catalog.ts';
import { createPostgresConnector } from '../../../workers/connectors/postgres/connector.ts';
import { systemResolver } from '../../../workers/egress/resolve.ts';
import { connectionTarget } from '../../support/connection-target.ts';
import { useEmptyDatabase } from '../../support/database.ts';
import { largeSchemaStatements } from '../../support/sources/large-schema.ts';
import * as wire from '../../support/servers/rogue-postgres.ts';
import { startRoguePostgres } from '../../support/servers/rogue-postgres.ts';
import { fakePostgres, tableRow } from '../../support/servers/rogue-scripts.ts';
import { startTlsFront } from '../../support/servers/tls-front.ts';
import { conforms, type ServerUnderTest } from '../conformance.ts';
import { awkwardPostgres } from './postgres-awkward.ts';

const connector = createPostgresConnector({
  // A real resolver may take seconds to say that a name does not exist.
  resolver: (host) =>
    host.endsWith('.invalid') ? Promise.reject(new Error('ENOTFOUND')) : systemResolver(host),
});

const columnsInAnotherWay = `
  select table_schema, table_name, column_name, is_nullable, column_default
  from information_schema.columns
  where table_schema not in ('pg_catalog', 'information_schema', 'auth')
  order by 1, 2, ordinal_position`;

const constraintsInAnotherWay = `
  select conrelid::regclass::text, conname, pg_get_constraintdef(k.oid)
  from pg_constraint k join pg_namespace n on n.oid = k.connamespace
  where contype in ('p', 'u', 'f') and conparentid = 0 and n.nspname like 'large%'
  order by 1, 2`;

const indexesInAnotherWay = `
  select schemaname, tablename, indexname from pg_indexes
  where schemaname not in ('pg_catalog', 'information_schema', 'auth') order by 1, 2, 3`;

function useServer(internal: string): ServerUnderTest {
  const database = useEmptyDatabase();
  const server = () => new URL(inject('postgresUrl'));
  const inOrder = async (sql: string): Promise<unknown[][]> => {
    const client = await database.pool.connect();
    try {
      await client.query('set search_path = pg_catalog');
      return (await client.query<unknown[]>({ text: sql, rowMode: 'array' })).rows;
    } finally {
      client.release(true);
    }
  };
  return {
    get connection() {
      const { hostname, port, username } = server();
      return { host: hostname, port: Number(port), username, databaseName: database.name };
    },
    get password() {
      return decodeURIComponent(server().password);
    },
    async execute(sql) {
      await database.pool.query(sql + internal);
    },
    async readBack() {
      return {
        columns: (await inOrder(columnsInAnotherWay)).sort(byText),
        keys: (await inOrder(constraintsInAnotherWay)).sort(byText),
        indexes: (await inOrder(indexesInAnotherWay)).sort(byText),
      };
    },
    summarize,
    startTlsFront(identity) {
      const { hostname, port } = server();
      return startTlsFront(identity, { host: hostname, port: Number(port) });
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

const quote = (name: string): string =>
  /^[a-z_][a-z0-9_]*$/.test(name) ? name : pg.escapeIdentifier(name);

function byText(a: unknown[], b: unknown[]): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}

/** What the statements above say, out of our own catalog. */
function summarize(tables: readonly CatalogTable[]): unknown {
  // information_schema has no materialized views.
  const inStandard = tables.filter(({ kind }) => kind !== 'materialized view');
  const large = tables.filter(({ schema }) => schema.startsWith('large'));
  return {
    columns: inStandard
      .flatMap(({ schema, name, columns }) =>
        columns.map((column) => [
          schema,
          name,
          column.name,
          column.nullable ? 'YES' : 'NO',
          column.default,
        ]),
      )
      .sort(byText),
    keys: large.flatMap((table) => keysOf(table)).sort(byText),
    indexes: tables
      .flatMap(({ schema, name, indexes }) => indexes.map((index) => [schema, name, index.name]))
      .sort(byText),
  };
}

function keysOf({ schema, name, primaryKey, uniqueKeys, foreignKeys }: CatalogTable): string[][] {
  const table = `${quote(schema)}.${quote(name)}`;
  const list = (columns: readonly string[]): string => `(${columns.map(quote).join(', ')})`;
  return [
    ...(primaryKey ? [[table, primaryKey.name, `PRIMARY KEY ${list(primaryKey.columns)}`]] : []),
    ...uniqueKeys.map((key) => [table, key.name, `UNIQUE ${list(key.columns)}`]),
    ...foreignKeys.map((key) => {
      const referenced = `${quote(key.referencedSchema)}.${quote(key.referencedTable)}`;
      const text = `FOREIGN KEY ${list(key.columns)} REFERENCES ${referenced}${list(key.referencedColumns)}`;
      return [table, key.name, text];
    }),
  ];
}

/** PostgreSQL manual, "Message Flow", AuthenticationMD5Password. */
function md5Answer(user: string, password: string): string {
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
  return `md5${md5(`${md5(password + user)}salt`)}`;
}

const thousandTables = () => largeSchemaStatements({ tables: 1_000, columnsPerTable: 20 });

conforms({
  dialect: 'POSTGRES',
  connector,
  against: 'embedded PostgreSQL 18, PgBouncer 1.18, rogue servers',
  useServer: () => useServer(''),
  awkward: awkwardPostgres,
  thousandTables,
});

conforms({
  dialect: 'SUPABASE',
  connector,
  against: 'embedded PostgreSQL 18, rogue servers; no Supabase',
  // Supabase's own schemas lie beside the customer's and are not the customer's.
  useServer: () =>
    useServer(
      '; create schema if not exists auth; create table if not exists auth.users (id uuid)',
    ),
  awkward: awkwardPostgres,
  thousandTables,
});

describe('what a session sends', () => {
  const fields = { dialect: 'POSTGRES', host: '127.0.0.1', username: 'somebody' } as const;
  let home: string;

  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), 'home-'));
    writeFileSync(path.join(home, '.pgpass'), '*:*:*:*:canary-pgpass\n', { mode: 0o600 });
    const canaries = {
      PGPASSWORD: 'password',
      PGUSER: 'user',
      PGDATABASE: 'database',
      PGOPTIONS: 'options',
    };
    for (const [name, value] of Object.entries(canaries)) vi.stubEnv(name, `canary-${value}`);
    vi.stubEnv('PGAPPNAME', 'canary-application');
    vi.stubEnv('PGREPLICATION', 'canary-replication');
    // Nobody may be connected to because a variable says so.
    vi.stubEnv('PGHOST', '/canary-socket');
    vi.stubEnv('PGPORT', '1');
    vi.stubEnv('PGSSLMODE', 'no-verify');
    vi.stubEnv('PGSSLNEGOTIATION', 'direct');
    vi.stubEnv('PGSERVICEFILE', path.join(home, '.pgpass'));
    vi.stubEnv('PGPASSFILE', path.join(home, '.pgpass'));
    vi.stubEnv('HOME', home);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true });
  });

  test.each([undefined, '', 'own'])(
    'is nothing of our environment (password %j)',
    async (password) => {
      for (const question of [wire.ask.md5, wire.ask.scram, wire.ask.cleartext]) {
        const signIn = async (peer: wire.RoguePeer): Promise<void> => {
          await peer.send(question);
          await peer.receive();
          peer.close();
        };
        const rogue = await startRoguePostgres(fakePostgres({ signIn }));
        const target = connectionTarget({ ...fields, port: rogue.port }, password);
        const { failure } = await connector.probe(target, new AbortController().signal);
        expect(failure).not.toBeNull();
        const sent = rogue.received;
        expect(sent.toString('latin1')).not.toContain('canary');
        const afterStartup = sent.subarray(sent.readInt32BE(0)).toString('latin1');
        // Not even a digest of somebody else's password.
        if (password === undefined) expect(afterStartup).toBe('');
        else if (question === wire.ask.md5) {
          expect(afterStartup.slice(5, -1)).toBe(md5Answer('somebody', password));
        }
        await rogue.close();
      }
    },
  );

  test('is what a transaction pooler forwards: four parameters, simple queries, local settings', async () => {
    const cursors = { tables: [tableRow(20_000)] };
    const rogue = await startRoguePostgres(fakePostgres({ cursors }));
    const target = connectionTarget({ ...fields, port: rogue.port }, 'own');
    await Array.fromAsync(connector.readCatalog(target, new AbortController().signal));
    const { failure } = await connector.probe(target, new AbortController().signal);
    expect(failure).toBeNull();
    const sent = rogue.received;
    const startup = sent.subarray(8, sent.readInt32BE(0)).toString('latin1').split('\0');
    expect(startup.filter((_, n) => n % 2 === 0 && startup[n])).toEqual([
      'user',
      'database',
      'application_name',
      'client_encoding',
    ]);
    // The database is named like the user unless the connection says otherwise.
    expect(startup[3]).toBe('somebody');
    const types: string[] = [];
    let at = sent.readInt32BE(0);
    while (types.at(-1) !== 'X') {
      types.push(String.fromCharCode(sent[at] ?? 0));
      at += 1 + sent.readInt32BE(at + 1);
    }
    expect(new Set(types)).toEqual(new Set(['Q', 'X']));
    expect(sent.toString('latin1')).not.toMatch(/\bset (?!local)/i);
    await rogue.close();
  });
});
