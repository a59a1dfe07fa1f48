import { beforeAll, describe, expect, test } from 'vitest';
import { diffTables } from '../../shared/catalog-changes/diff-tables.ts';
import { TableChange } from '../../server/features/catalog/changes/contract.ts';
import { Table } from '../../server/features/catalog/contract.ts';
import { DataSource } from '../../server/features/data-sources/contract.ts';
import { tableId } from '../../shared/ids.ts';
import { dataSourcesOf, finishJobs, postgres } from '../features/fixtures.ts';
import { dataOf, errorOf, itemsOf, useApi, type TestTenant } from '../support/api.ts';
import { useDatabase, useEmptyDatabase } from '../support/database.ts';
import { readAll } from './read-all.ts';
import { catalogOf, syncOnce } from './sync-once.ts';

const database = useDatabase();
const customer = useEmptyDatabase('customer');
const api = useApi(database);

/** A catalog as it was listed just after a sync, and when that was. */
interface Dump {
  readonly at: string;
  readonly tables: readonly Table[];
}

let tenant: TestTenant;
let id: string;
const dumps: Dump[] = [];
const longName = 'n'.repeat(60);

/** What happens to the customer's schema, step by step; a sync and a dump follow each. */
const steps = [
  `create schema sales; create table sales.orders (id int primary key, note varchar(10));
   create table sales."ODD, name" (a int); create table public.kept (a int); create table gone (a int)`,
  `alter table sales.orders add total numeric(10,2), alter note type varchar(20);
   create view sales.order_list as select id from sales.orders`,
  `drop table gone; alter table sales."ODD, name" add b text not null; create index on kept (a)`,
  `select 1`,
  `create table gone (a int, b int); alter table sales.orders drop total, alter note type text`,
  `drop schema sales cascade; create table ${longName} (a int)`,
  `create schema sales; create table sales.orders (id int primary key, note varchar(10));
   comment on table sales.orders is 'again'`,
];

const of = (path: string) => `${dataSourcesOf(tenant)}/${id}/${path}`;

const get = (path: string) => api.request('GET', of(path), { key: tenant.key });

/** Pages of two, so that every list goes over several. */
const tablesAt = (asOf?: string) =>
  readAll(Table, (cursor) =>
    get(`tables?limit=2${asOf === undefined ? '' : `&asOf=${asOf}`}${cursor}`),
  );

const changesBetween = (from: string, to: string) =>
  readAll(TableChange, (cursor) => get(`changes?limit=2&from=${from}&to=${to}${cursor}`));

/** Row estimates are no part of a version: they are refreshed in place. */
const bare = (tables: readonly Table[]) => tables.map((table) => ({ ...table, rowEstimate: null }));

beforeAll(async () => {
  tenant = await api.tenant();
  const body = { ...postgres, displayName: 'Customer' };
  const created = await api.request('POST', dataSourcesOf(tenant), { key: tenant.key, body });
  id = dataOf(created, DataSource).id;
  await finishJobs(database, id);
  for (const step of steps) {
    await customer.pool.query(step);
    await syncOnce(database.url, id, catalogOf(customer.url));
    const { rows } = await database.pool.query<{ at: Date }>('select clock_timestamp() as at');
    dumps.push({ at: rows[0]?.at.toISOString() ?? '', tables: await tablesAt() });
  }
});

describe('the catalog as of a moment', () => {
  test('is the one that was listed then, at every moment of several syncs', async () => {
    expect(dumps.map(({ tables }) => tables.length)).toEqual([4, 5, 4, 4, 5, 3, 4]);
    for (const { at, tables } of dumps) expect(bare(await tablesAt(at)), at).toEqual(bare(tables));
  });

  test('is empty before the first sync, and the present one in the future', async () => {
    expect(await tablesAt('2026-01-01T00:00:00Z')).toEqual([]);
    expect(await tablesAt('2999-01-01T00:00:00Z')).toEqual(await tablesAt());
  });

  test('is told table by table too', async () => {
    const table = tableId(id, 'sales', 'orders');
    for (const { at, tables } of dumps) {
      const wanted = tables.find((one) => one.id === table);
      const answer = await get(`tables/${table}?asOf=${at}`);
      expect(answer.status).toBe(wanted ? 200 : 404);
      if (wanted) expect(bare([dataOf(answer, Table)])).toEqual(bare([wanted]));
    }
    expect(dataOf(await get(`tables/${table}`), Table).comment).toBe('again');
    expect((await get(`tables/${tableId(id, 'sales', 'order_list')}`)).status).toBe(404);
  });

  test('knows kinds and names of that time', async () => {
    const at = dumps[1]?.at ?? '';
    const named = async (query: string) =>
      itemsOf(await get(`tables?asOf=${at}&${query}`), Table).items.map(({ name }) => name);
    expect(await named('kind=view')).toEqual(['order_list']);
    expect(await named('search=ODD')).toEqual(['ODD, name']);
    expect(await named('schema=public')).toEqual(['gone', 'kept']);
  });
});

describe('the changes between two moments', () => {
  test('are the differences of the two catalogs, for every pair of moments', async () => {
    for (const [index, from] of dumps.entries()) {
      for (const to of dumps.slice(index)) {
        const wanted = differences(from.tables, to.tables);
        const found = await changesBetween(from.at, to.at);
        expect(Object.fromEntries(found.map((change) => [change.id, summary(change)]))).toEqual(
          wanted,
        );
        const order = found.map(({ schema, name }) => `${schema}\0${name}`);
        expect(order).toEqual(order.toSorted());
      }
    }
  });

  test('are classed, each with its reason', async () => {
    const [, second, third] = dumps;
    const [change] = await changesBetween(dumps[0]?.at ?? '', second?.at ?? '');
    expect(change).toMatchObject({ name: 'order_list', change: 'added', impact: 'additive' });
    const changes = await changesBetween(second?.at ?? '', third?.at ?? '');
    expect(changes.map(({ name, change: what, impact }) => [name, what, impact])).toEqual([
      ['gone', 'removed', 'breaking'],
      ['kept', 'changed', 'additive'],
      ['ODD, name', 'changed', 'risky'],
    ]);
    expect(changes[2]?.differences).toEqual([
      {
        rule: 'column.added_required',
        impact: 'risky',
        reason: expect.stringContaining('NOT NULL'),
        name: 'b',
        before: null,
        after: 'text',
      },
    ]);
  });

  test('go up to now when no end is given', async () => {
    const from = dumps[0]?.at ?? '';
    const { items } = itemsOf(await get(`changes?from=${from}`), TableChange);
    expect(items).toEqual(await changesBetween(from, dumps.at(-1)?.at ?? ''));
  });
});

describe('a moment that cannot be', () => {
  test.each([
    ['tables?asOf=yesterday', 'asOf'],
    ['tables?asOf=0000-01-01T00:00:00Z', 'asOf'],
    ['tables?asOf=2026-02-30T00:00:00Z', 'asOf'],
    ['changes', 'from'],
    ['changes?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', 'from'],
    ['changes?from=2026-01-01T00:00:00Z&to=soon', 'to'],
    ['changes?from=2026-01-01T00:00:00Z&cursor=tbl_nobody', 'cursor'],
  ])('is refused: %s', async (path, field) => {
    expect(errorOf(await get(path))).toMatchObject({
      status: 400,
      fieldErrors: { [field]: expect.any(String) },
    });
  });
});

const summary = ({ change, differences: all }: TableChange) => ({
  change,
  rules: all.map(({ rule }) => rule),
});

/** What `listChanges` has to say, from two dumps, by table id. */
function differences(before: readonly Table[], after: readonly Table[]) {
  const find = (tables: readonly Table[], key: string) => tables.find((one) => one.id === key);
  const ids = [...new Set([...before, ...after].map((table) => table.id))];
  return Object.fromEntries(
    ids.flatMap((key) => {
      const [was, is] = [find(before, key) ?? null, find(after, key) ?? null];
      const rules = diffTables(was, is).map(({ rule }) => rule);
      const change = was === null ? 'added' : is === null ? 'removed' : 'changed';
      return rules.length === 0 ? [] : [[key, { change, rules }]];
    }),
  );
}
