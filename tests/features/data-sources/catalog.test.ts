import { describe, expect, test } from 'vitest';
import { Table } from '../../../server/features/catalog/contract.ts';
import { DataSource } from '../../../server/features/data-sources/contract.ts';
import type { CatalogTable } from '../../../shared/catalog.ts';
import { tableId } from '../../../shared/ids.ts';
import { dataOf, errorOf, itemsOf, useApi, type TestTenant } from '../../support/api.ts';
import { useDatabase } from '../../support/database.ts';
import { storeTable } from '../../support/store-table.ts';
import { dataSourcesOf, postgres } from '../fixtures.ts';

const database = useDatabase();
const api = useApi(database);

interface Source {
  readonly tenant: TestTenant;
  readonly id: string;
}

async function created(): Promise<Source> {
  const tenant = await api.tenant();
  const response = await api.request('POST', dataSourcesOf(tenant), {
    key: tenant.key,
    body: postgres,
  });
  return { tenant, id: dataOf(response, DataSource).id };
}

type Definition = Omit<CatalogTable, 'rowEstimate'>;

const bare: Omit<Definition, 'schema' | 'name'> = {
  kind: 'table',
  comment: null,
  columns: [],
  primaryKey: null,
  uniqueKeys: [],
  foreignKeys: [],
  checks: [],
  indexes: [],
  partitionOf: null,
  partitionKey: null,
};

const store = (
  { id }: Source,
  definition: Definition,
  version?: Parameters<typeof storeTable>[3],
): Promise<string> => storeTable(database, id, definition, version);

const list = ({ tenant, id }: Source, query = '') =>
  api.request('GET', `${dataSourcesOf(tenant)}/${id}/tables${query}`, { key: tenant.key });

/** What nobody has said anything of. */
const unsaid = { description: null, customAiContext: null, isHidden: false };

/** Every name, in the order in which the pages of `limit` show them. */
async function walk(source: Source, limit: number): Promise<[string, string][]> {
  const seen: [string, string][] = [];
  for (let cursor = ''; ;) {
    const page = itemsOf(await list(source, `?limit=${limit}${cursor}`), Table);
    seen.push(...page.items.map(({ schema, name }): [string, string] => [schema, name]));
    if (page.nextCursor === null) return seen;
    cursor = `&cursor=${page.nextCursor}`;
  }
}

describe('a table', () => {
  test('is listed whole: nothing of what was read is left out', async () => {
    const source = await created();
    const definition: Definition = {
      ...bare,
      schema: 'shop',
      name: 'order_line',
      kind: 'partitioned table',
      comment: 'One line of an order',
      columns: [
        {
          name: 'id',
          type: 'bigint',
          nullable: false,
          default: null,
          comment: null,
          generated: null,
          identity: 'always',
        },
        {
          name: 'total',
          type: 'numeric(12,2)',
          nullable: true,
          default: '0',
          comment: 'In euros',
          generated: { kind: 'stored', expression: '(price * amount)' },
          identity: null,
        },
      ],
      primaryKey: { name: 'order_line_pkey', columns: ['id'] },
      uniqueKeys: [{ name: 'once', columns: ['order_id', 'position'] }],
      foreignKeys: [
        {
          name: 'of_order',
          columns: ['order_id'],
          referencedSchema: 'shop',
          referencedTable: 'order',
          referencedColumns: ['id'],
          onUpdate: 'no action',
          onDelete: 'cascade',
        },
      ],
      checks: [{ name: 'positive', expression: 'amount > 0' }],
      indexes: [
        {
          name: 'by_total',
          unique: false,
          method: 'btree',
          columns: [{ name: null, expression: 'abs(total)', descending: true }],
          includes: ['id'],
          predicate: 'total > 0',
        },
      ],
      partitionOf: { schema: 'shop', table: 'all_lines', bound: 'DEFAULT' },
      partitionKey: 'RANGE (created_at)',
    };
    const id = await store(source, definition, { rowEstimate: 12_345 });
    expect((await list(source)).body).toEqual({
      data: [
        {
          id,
          ...definition,
          ...unsaid,
          columns: definition.columns.map((column) => ({ ...column, ...unsaid })),
          rowEstimate: 12_345,
        },
      ],
      pagination: { nextCursor: null, hasMore: false },
    });
  });

  test('is shown as it is now, not as it was', async () => {
    const source = await created();
    const before = { ...bare, schema: 's', name: 't', comment: 'before' };
    const id = await store(source, before, { validTo: '2026-02-01' });
    await store(source, { ...before, comment: 'now' }, { validFrom: '2026-02-01' });
    await store(source, { ...bare, schema: 's', name: 'gone' }, { validTo: '2026-02-01' });
    const { items } = itemsOf(await list(source), Table);
    expect(items).toMatchObject([{ id, name: 't', comment: 'now' }]);
  });
});

describe('the list of tables', () => {
  test('is empty, and whole, before the first sync', async () => {
    const answer = await list(await created());
    expect(answer.body).toEqual({ data: [], pagination: { nextCursor: null, hasMore: false } });
  });

  test('is ordered by schema and name, byte by byte, and each page goes on where the last ended', async () => {
    const source = await created();
    const names = ['B', 'a', 'Z', 'é', '10', '9', '_', ' ', '"', 'a b', 'aa', '😀', '\u{ffee}'];
    const wanted: [string, string][] = [];
    for (const schema of ['public', 'Public', 'ä']) {
      for (const name of names) {
        await store(source, { ...bare, schema, name });
        wanted.push([schema, name]);
      }
    }
    const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
    wanted.sort((a, b) => byBytes(a[0], b[0]) || byBytes(a[1], b[1]));
    for (const limit of [1, 4, 100]) expect(await walk(source, limit)).toEqual(wanted);
  });

  test('takes names of 5,000 characters, also those that differ only at their end', async () => {
    const source = await created();
    const long = '"; drop table organization; -- \u202e'.padEnd(4_998, 'x');
    const names = Array.from({ length: 12 }, (_, i) => `${long}${i}`);
    for (const name of names) await store(source, { ...bare, schema: `${long}s`, name });
    const seen = await walk(source, 5);
    expect(seen).toHaveLength(12);
    expect(new Set(seen.map(([, name]) => name))).toEqual(new Set(names));
  });

  test('goes on after a table that was dropped meanwhile', async () => {
    const source = await created();
    for (const name of ['a', 'b', 'c', 'd']) await store(source, { ...bare, schema: 's', name });
    const { nextCursor } = itemsOf(await list(source, '?limit=2'), Table);
    expect(nextCursor).toBe(tableId(source.id, 's', 'b'));
    await database.pool.query('update catalog_table set valid_to = now() where table_id = $1', [
      nextCursor,
    ]);
    const rest = itemsOf(await list(source, `?cursor=${nextCursor}`), Table);
    expect(rest.items.map(({ name }) => name)).toEqual(['c', 'd']);
  });

  test('shows nothing of another data source', async () => {
    const [one, two] = [await created(), await created()];
    await store(one, { ...bare, schema: 's', name: 'mine' });
    expect(itemsOf(await list(two), Table).items).toEqual([]);
  });

  test('refuses a cursor that is no table of it, instead of ending there', async () => {
    const [one, two] = [await created(), await created()];
    await store(one, { ...bare, schema: 's', name: 'a' });
    const foreign = await store(two, { ...bare, schema: 's', name: 'b' });
    for (const cursor of [foreign, 'tbl_nobody']) {
      expect(errorOf(await list(one, `?cursor=${cursor}`))).toMatchObject({
        status: 400,
        fieldErrors: { cursor: expect.any(String) },
      });
    }
    const last = tableId(one.id, 's', 'a');
    expect(itemsOf(await list(one, `?cursor=${last}`), Table).items).toEqual([]);
  });
});
