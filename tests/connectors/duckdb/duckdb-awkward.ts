import type { CatalogColumn, CatalogTable } from '../../../shared/catalog.ts';
import { catalogTable, column } from '../conformance/expected-parts.ts';

const long = 'n'.repeat(5_000);

// Names that would end a text, a list, a name or a line for somebody who takes less care.
const odd = `o'd"d, [name]\\ é ${'\u0001'}\n\t`;
const quoted = `"${odd.replaceAll('"', '""')}"`;

const table = (
  name: string,
  columns: CatalogColumn[],
  more: Partial<CatalogTable> = {},
): CatalogTable => catalogTable('main', name, { columns, ...more });

const part = (name: string) => ({ name, expression: null, descending: false });
const expression = (text: string) => ({ name: null, expression: text, descending: false });
const index = { unique: false, method: 'ART', includes: [], predicate: null };

/** Everything awkward that DuckDB can express, and what it should read as. */
export const awkwardDuckdb = {
  sql: `
create schema "second schema";
create sequence counter;
create type mood as enum ('so, so', 'GENERATED ALWAYS AS (');
create table customer (
  id integer primary key default nextval('counter'),
  email varchar not null unique,
  mood mood,
  credit decimal(12, 2) default 1.5 check (credit > 0),
  address struct(street varchar, numbers integer[]),
  doubled integer generated always as (id * 2) virtual,
  "GENERATED ALWAYS AS (" varchar default 'x, GENERATED ALWAYS AS ('
);
comment on table customer is 'who buys';
comment on column customer.email is 'where to write';
create index by_email on customer (email, (credit + 1));
create table line (customer_id integer references customer (id), a integer, b integer, unique (b, a));
create table "second schema".${quoted} (${quoted} integer, "b ""b""" integer, primary key ("b ""b""", ${quoted}));
create index "i USING HNSW (" on "second schema".${quoted} (${quoted});
create view regular as select id, email from customer;
comment on view regular is 'a view';
create table "__proto__" ("constructor" integer, "__proto__" integer);
create table ${long} (${long} integer);
create table "Straße" ("naïve 🦆" timestamp with time zone);`,
  expected: [
    table(
      'customer',
      [
        column('id', 'INTEGER', { nullable: false, default: "nextval('counter')" }),
        column('email', 'VARCHAR', { nullable: false, comment: 'where to write' }),
        column('mood', "ENUM('so, so', 'GENERATED ALWAYS AS (')"),
        column('credit', 'DECIMAL(12,2)', { default: '1.5' }),
        column('address', 'STRUCT(street VARCHAR, numbers INTEGER[])'),
        column('doubled', 'INTEGER', {
          generated: { kind: 'virtual', expression: 'CAST((id * 2) AS INTEGER)' },
        }),
        column('GENERATED ALWAYS AS (', 'VARCHAR', { default: "'x, GENERATED ALWAYS AS ('" }),
      ],
      {
        comment: 'who buys',
        primaryKey: { name: 'customer_id_pkey', columns: ['id'] },
        uniqueKeys: [{ name: 'customer_email_key', columns: ['email'] }],
        checks: [{ name: 'customer_credit_check', expression: '(credit > 0)' }],
        indexes: [
          { ...index, name: 'by_email', columns: [part('email'), expression('((credit + 1))')] },
        ],
      },
    ),
    table(
      'line',
      [column('customer_id', 'INTEGER'), column('a', 'INTEGER'), column('b', 'INTEGER')],
      {
        uniqueKeys: [{ name: 'line_b_a_key', columns: ['b', 'a'] }],
        foreignKeys: [
          {
            name: 'line_customer_id_id_fkey',
            columns: ['customer_id'],
            referencedSchema: 'main',
            referencedTable: 'customer',
            referencedColumns: ['id'],
            onUpdate: 'no action',
            onDelete: 'no action',
          },
        ],
      },
    ),
    table(
      odd,
      [
        column(odd, 'INTEGER', { nullable: false }),
        column('b "b"', 'INTEGER', { nullable: false }),
      ],
      {
        schema: 'second schema',
        primaryKey: { name: `${odd}_b "b"_${odd}_pkey`, columns: ['b "b"', odd] },
        indexes: [{ ...index, name: 'i USING HNSW (', columns: [part(odd)] }],
      },
    ),
    table('regular', [column('id', 'INTEGER'), column('email', 'VARCHAR')], {
      kind: 'view',
      comment: 'a view',
    }),
    table('__proto__', [column('constructor', 'INTEGER'), column('__proto__', 'INTEGER')]),
    table(long, [column(long, 'INTEGER')]),
    table('Straße', [column('naïve 🦆', 'TIMESTAMP WITH TIME ZONE')]),
  ],
};
