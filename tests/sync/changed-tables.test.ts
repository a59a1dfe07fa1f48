import { beforeAll, describe, expect, inject, test } from 'vitest';
import fc from '../support/fast-check.ts';
import { useDatabase } from '../support/database.ts';
import { beginning, ddl, type Ddl } from './ddl.ts';
import { expectWhole, read, type Read } from './reads.ts';

// A sync reads the tables that may have changed. That these are enough is asserted by reading all.

const customer = useDatabase();
const isNightly = inject('size') === 'nightly';

let idle = 0;

/** Statements, and tables that nobody touches between what they make: each is in buckets of its own. */
async function makeApart(statements: readonly string[]): Promise<void> {
  for (const statement of statements) {
    const apart = Array.from({ length: 6 }, () => {
      idle += 1;
      return `create table idle.t_${idle} (id bigint primary key, a text, b text, c text);
        create index on idle.t_${idle} (a); create index on idle.t_${idle} (lower(b))`;
    });
    await customer.pool.query([statement, ...apart].join(';'));
  }
}

beforeAll(async () => {
  await makeApart(['create schema idle', '', '']);
});

describe('after one statement', () => {
  beforeAll(async () => {
    await makeApart([
      'create schema shop; create schema store',
      'create table shop.maker (id bigint primary key, code text unique, gone text)',
      'create table shop.by_key (maker bigint references shop.maker)',
      'create table shop.by_unique (code text, constraint code foreign key (code) references shop.maker (code))',
      'create table shop.by_row (maker shop.maker)',
      'create table shop.by_rows (makers shop.maker[])',
      "create table shop.by_check (name text check (name <> 'shop.maker'::regclass::text))",
      "create table shop.by_default (name text default 'shop.maker'::regclass::text)",
      `create table shop.by_index (name text);
        create index index_by on shop.by_index ((name = '' and 'shop.maker'::regclass::oid > 1::oid))`,
      'create view shop.by_view as select maker from shop.by_row',
      'create sequence shop.numbers',
      "create table shop.by_sequence (n bigint default nextval('shop.numbers'))",
      'create type shop.size as (w integer, h integer)',
      'create table shop.by_size (size shop.size, sizes shop.size[])',
      'create table shop.parted (id bigint, at date) partition by range (at)',
      "create table shop.part partition of shop.parted for values from ('2026-01-01') to ('2027-01-01')",
      `create table shop.item (id bigint primary key, place text default 'x',
        twice bigint generated always as (id * 2) stored, constraint known check (id > 0));
        create index item_place on shop.item (place);
        comment on column shop.item.place is 'Where'; comment on table shop.item is 'What'`,
      'create materialized view shop.kept as select id from shop.item',
      "create domain shop.code as text; create type shop.mood as enum ('sad', 'glad')",
      "create function shop.seven() returns integer language sql as 'select 7'",
      "create table shop.other (code shop.code, mood shop.mood default 'sad', n int default shop.seven())",
    ]);
  });

  let last: Read;
  beforeAll(async () => {
    last = await read(customer.url, null);
  });

  /** What is left after a statement, which makes the whole catalog with what is read. */
  async function leftAfter(statement: string): Promise<Read['left']> {
    await customer.pool.query(statement);
    const { changes, whole } = await expectWhole(customer.url, last);
    last = whole;
    return changes.left;
  }

  // In this order. Those of few tables, whose effect on others is the point, come first.
  test.each([
    'alter table shop.maker rename to firm',
    'alter table shop.firm rename column id to number',
    'alter table shop.firm rename column code to letters',
    'alter table shop.firm set schema store',
    'alter table store.firm drop column gone cascade',
    'alter table store.firm add column more text',
    'alter sequence shop.numbers rename to digits',
    'alter sequence shop.digits set schema store',
    'alter type shop.size rename to extent',
    'alter type shop.extent set schema store',
    'alter table shop.parted rename to split',
    'alter table shop.split set schema store',
    'alter table store.split detach partition shop.part',
    "alter table store.split attach partition shop.part for values from ('2026-01-01') to ('2028-01-01')",
    'alter index shop.index_by rename to index_of_names',
    'drop index shop.index_of_names',
    'alter table shop.item rename constraint known to certain',
    'alter table shop.item drop constraint certain',
    'alter table shop.by_unique drop constraint code',
    'comment on column shop.item.place is null',
    'comment on table shop.item is null',
    "alter table shop.item alter place set default 'y'",
    "alter table shop.item alter place type varchar(10), alter place set default 'z'",
    'alter table shop.item alter twice set expression as (id * 3)',
    'alter table shop.item alter place drop default',
    'alter table shop.item alter place set not null',
    'alter table shop.item drop column twice',
    'alter view shop.by_view rename to view_of_firms',
    'drop view shop.view_of_firms',
    'drop materialized view shop.kept',
    'drop table shop.part',
    'create table shop.fresh (id bigint, firm store.firm)',
    'drop table shop.fresh',
    'grant select on shop.other to public',
    'insert into idle.t_7 select n from generate_series(1, 99) n; analyze idle.t_7',
  ])('only tables of which it may be the matter are read: %s', async (statement) => {
    expect((await leftAfter(statement)).length).toBeGreaterThan(idle / 2);
  });

  test.each([
    'alter domain shop.code rename to coded',
    'alter type shop.mood rename value $$sad$$ to $$blue$$',
    'alter function shop.seven rename to number',
    'alter schema shop rename to market',
  ])('all tables are read when any may name it: %s', async (statement) => {
    expect(await leftAfter(statement)).toEqual([]);
  });

  test('an estimate that was overwritten while all was read is read the next time', async () => {
    const grown = JSON.stringify(['idle', 't_3']);
    const first = await read(customer.url, null, () =>
      customer.pool.query(
        'insert into idle.t_3 select n from generate_series(1, 500) n; analyze idle.t_3',
      ),
    );
    expect(first.tables.get(grown)?.rowEstimate).not.toBe(500);
    const next = await read(customer.url, first.state);
    expect(next.tables.get(grown)?.rowEstimate).toBe(500);
    expect(next.left.length).toBeGreaterThan(0);
  });

  test('all tables are read when the role may not know what depends on what', async () => {
    const { state } = await read(customer.url, null);
    await customer.pool.query(`create table market.soon (); revoke select on pg_depend from public;
      create role few_rights login password 'few'`);
    try {
      const { left, tables } = await read(
        customer.url.replace(/\/\/.*@/, '//few_rights:few@'),
        state,
      );
      expect(left).toEqual([]);
      expect(tables.size).toBeGreaterThan(idle);
    } finally {
      await customer.pool.query('grant select on pg_depend to public; drop role few_rights');
    }
  });

  test('all tables are read when token and marks are not of the same state', async () => {
    const { state } = await read(customer.url, null);
    await customer.pool.query('create table market.late ()');
    if (!state) throw new Error('no state');
    const { left } = await read(customer.url, { ...state, token: `${state.token} ` });
    expect(left).toEqual([]);
  });
});

describe('after any statements', () => {
  test(
    'what is read and what is left make the whole catalog',
    async () => {
      const seen = { done: 0, partial: 0 };
      const property = fc.asyncProperty(
        fc.array(fc.array(ddl, { minLength: 3, maxLength: 9 }), { minLength: 25, maxLength: 25 }),
        async (steps) => {
          await customer.pool.query(beginning);
          let last = await read(customer.url, null);
          for (const statements of steps) {
            for (const statement of statements) if (await succeeds(statement)) seen.done += 1;
            const { whole, changes } = await expectWhole(customer.url, last);
            if (changes.tables.size > 0 && changes.left.length > 0) seen.partial += 1;
            last = whole;
          }
        },
      );
      await fc.assert(property, { numRuns: isNightly ? 200 : 2, endOnFailure: true });
      // Otherwise it would have told nothing.
      expect(seen.done).toBeGreaterThan(40);
      expect(seen.partial).toBeGreaterThan(15);
    },
    isNightly ? 3_600_000 : 120_000,
  );
});

/** Many statements are of things that are not there. */
async function succeeds(statement: Ddl): Promise<boolean> {
  return customer.pool.query(statement).then(
    () => true,
    () => false,
  );
}
