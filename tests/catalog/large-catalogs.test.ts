import { beforeAll, describe, expect, inject, test } from 'vitest';
import { listChanges } from '../../server/features/catalog/list-changes.ts';
import { listSchemas } from '../../server/features/catalog/list-schemas.ts';
import { listTables } from '../../server/features/catalog/list-tables.ts';
import { searchColumns } from '../../server/features/catalog/search-columns.ts';
import { createOrm } from '../../shared/db/orm.ts';
import { schemaId } from '../../shared/ids.ts';
import { useApi } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';
import { callerOf } from './caller-of.ts';
import { createSource, type Source } from './source.ts';

const database = useDatabase();
const api = useApi(database);

/** The larger catalog is this many times the smaller one, in the same tables of the control plane. */
const sizes = { pr: { small: 1_000, large: 30_000 }, nightly: { small: 1_000, large: 1_000_000 } };
const { small, large } = sizes[inject('size')];

const catalogs: { readonly size: number; readonly source: Source }[] = [];

/**
 * Tables that were there two days ago. Half of them changed yesterday, three of them an hour ago; the
 * same three are views and have a column of a rare name, wherever in the order their names put them.
 */
async function fill(source: Source, size: number): Promise<void> {
  await database.pool.query(
    `insert into catalog_table (table_id, valid_from, valid_to, data_source_id, schema_name, name,
       kind, column_names, definition, hash)
     select 'tbl_' || $1 || n, v.valid_from, v.valid_to, $1, schema, name, kind, columns,
       json_build_object('schema', schema, 'name', name, 'kind', kind, 'comment', v.comment,
         'columns', (select json_agg(json_build_object('name', c, 'type', 'text', 'nullable', true,
           'default', null, 'comment', null, 'generated', null, 'identity', null))
           from unnest(columns) c),
         'primaryKey', null, 'uniqueKeys', '[]'::json, 'foreignKeys', '[]'::json,
         'checks', '[]'::json, 'indexes', '[]'::json, 'partitionOf', null, 'partitionKey', null),
       sha256((n || v.comment)::bytea)
     from generate_series(1, $2::int) n,
       lateral (select 'schema ' || n % 7 as schema, 'table ' || md5(n::text) as name,
         case when n <= 3 then 'view' else 'table' end as kind,
         array['id', 'column ' || n % 50] || case when n <= 3 then array['rare'] else '{}' end
           as columns,
         case when n <= 3 then now() - interval '1 hour'
           when n % 2 = 0 then now() - interval '1 day' end as changed_at),
       lateral (
         select now() - interval '2 days' as valid_from, changed_at as valid_to, 'old' as comment
         union all
         select changed_at, null, 'new' where changed_at is not null) v`,
    [source.id, size],
  );
  const schemas = Array.from({ length: 7 }, (_, n) => `schema ${n}`);
  await database.pool.query(
    `insert into catalog_schema select id, $1, name from unnest($2::text[], $3::text[]) s(id, name)`,
    [source.id, schemas.map((name) => schemaId(source.id, name)), schemas],
  );
  await database.pool.query(
    `insert into catalog_column_name
     select $1, 'column ' || n from generate_series(0, 49) n
     union all select $1, unnest(array['id', 'rare'])`,
    [source.id],
  );
}

beforeAll(async () => {
  for (const size of [small, large]) {
    const source = await createSource(api);
    await fill(source, size);
    catalogs.push({ size, source });
  }
  await database.pool.query('vacuum analyze');
}, 1_800_000);

interface Cost {
  /** Of tables, without an index. */
  readonly sequentialRows: number;
  /** Of all that the catalog is made of. */
  readonly rows: number;
}

/** The rows of the catalog's tables that PostgreSQL read for some work, by its own counters. */
async function costOf(work: (em: ReturnType<typeof createOrm>['em']) => Promise<unknown>) {
  const orm = createOrm({ databaseUrl: database.url, poolSize: 1 });
  try {
    return await orm.em.fork().transactional(async (em) => {
      await work(em);
      const [cost] = await em.execute<Cost[]>(
        `select sum(seq_tup_read) filter (where relname = 'catalog_table')::int as "sequentialRows",
           sum(seq_tup_read + idx_tup_fetch)::int as rows
         from pg_stat_xact_user_tables
         where relname in ('catalog_table', 'catalog_column_name', 'catalog_schema')`,
      );
      return cost ?? { sequentialRows: Infinity, rows: Infinity };
    });
  } finally {
    await orm.close(true);
  }
}

const limit = 100;
/** Half of the smaller catalog: what reads through a catalog reads more. */
const rowsPerPage = small / 2;
const hoursAgo = (hours: number) => new Date(Date.now() - hours * 60 * 60 * 1_000).toISOString();

type Context = ReturnType<typeof callerOf>;

const lists: Record<string, (ctx: Context, source: Source) => Promise<{ items: unknown[] }>> = {
  'the first page': (ctx, { id, tenant: { orgId } }) => listTables(ctx, { orgId, id, limit }),
  'a page in the middle': (ctx, { id, tenant: { orgId } }) =>
    listTables(ctx, { orgId, id, limit, cursor: `tbl_${id}500` }),
  'a page of a schema': (ctx, { id, tenant: { orgId } }) =>
    listTables(ctx, { orgId, id, limit, schema: 'schema 3' }),
  'a page as of a moment': (ctx, { id, tenant: { orgId } }) =>
    listTables(ctx, { orgId, id, limit, asOf: hoursAgo(36) }),
  'tables of a rare kind': (ctx, { id, tenant: { orgId } }) =>
    listTables(ctx, { orgId, id, limit, kind: 'view' }),
  'a table by part of its name': (ctx, { id, tenant: { orgId } }) =>
    listTables(ctx, { orgId, id, limit, search: 'C4CA4238A0B923820DCC509A6F75849B' }),
  'all schemas': (ctx, { id, tenant: { orgId } }) => listSchemas(ctx, { orgId, id, limit }),
  'the first of many changes': (ctx, { id, tenant: { orgId } }) =>
    listChanges(ctx, { orgId, id, limit: 10, from: hoursAgo(36) }),
  'a few changes': (ctx, { id, tenant: { orgId } }) =>
    listChanges(ctx, { orgId, id, limit, from: hoursAgo(12) }),
  'a column of many tables': (ctx, { tenant: { orgId } }) =>
    searchColumns(ctx, { orgId, search: 'id', limit }),
  'a column of few tables': (ctx, { tenant: { orgId } }) =>
    searchColumns(ctx, { orgId, search: 'rare', limit }),
};

describe(`of ${small} tables and of ${large}, one costs what the other costs:`, () => {
  test.each(Object.entries(lists))('%s', async (_, list) => {
    for (const { source } of catalogs) {
      const cost = await costOf(async (em) => {
        const { items } = await list(callerOf(em, 'ADMIN'), source);
        expect(items.length).toBeGreaterThan(0);
      });
      expect(cost.sequentialRows).toBe(0);
      expect(cost.rows).toBeLessThan(rowsPerPage);
    }
  });

  test('a page of what is left when nearly all is in a hidden schema', async () => {
    const { source } = catalogs[1] ?? { source: await createSource(api) };
    await database.pool.query(
      `update catalog_table set schema_name = 'schema 0' where data_source_id = $1
         and schema_name <> 'schema 6'`,
      [source.id],
    );
    await database.pool.query('vacuum analyze catalog_table');
    const path = `schemas/${schemaId(source.id, 'schema 0')}`;
    expect((await source.patch(path, { isHidden: true })).status).toBe(200);
    const { rows } = await costOf((em) =>
      listTables(callerOf(em, 'ADMIN'), { orgId: source.tenant.orgId, id: source.id, limit }),
    );
    expect(rows).toBeLessThan(rowsPerPage);
  }, 1_800_000);
});
