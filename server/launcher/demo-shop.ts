import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { isMissing, makeRole } from './control-database.ts';

/** How the demo data source reaches its database. */
export interface DemoConnection {
  readonly host: string;
  readonly port: number;
  readonly databaseName: string;
  readonly username: string;
  readonly password: string;
}

const database = 'shop';
const role = 'shop_reader';

/** A small shop with what a catalog can have: keys, comments, checks, a view, partitions. */
const schemaSql = `
create type order_status as enum ('cart', 'paid', 'shipped', 'returned');
create table customer (
  id bigint generated always as identity primary key,
  email text not null unique,
  full_name text not null,
  country char(2) not null check (country = upper(country)),
  created_at timestamptz not null default now());
comment on table customer is 'People who have an account, one row each';
comment on column customer.country is 'ISO 3166-1 alpha-2';
create table product (
  sku text primary key,
  name text not null,
  price numeric(10,2) not null check (price >= 0),
  stock integer not null default 0,
  tags text[] not null default '{}');
comment on table product is 'What the shop sells';
create index product_name on product (lower(name));
create table "order" (
  id bigint generated always as identity primary key,
  customer_id bigint not null references customer on delete cascade,
  status order_status not null default 'cart',
  placed_at timestamptz);
comment on table "order" is 'An order, from cart to return';
create index order_open on "order" (customer_id) where status = 'cart';
create table order_item (
  order_id bigint not null references "order" on delete cascade,
  sku text not null references product,
  quantity integer not null check (quantity > 0),
  unit_price numeric(10,2) not null,
  total numeric(12,2) generated always as (quantity * unit_price) stored,
  primary key (order_id, sku));
create table page_view (
  seen_at timestamptz not null, customer_id bigint, path text not null) partition by range (seen_at);
create table page_view_2026 partition of page_view for values from ('2026-01-01') to ('2027-01-01');
create view revenue_by_country as
  select c.country, sum(i.total) as revenue from order_item i
  join "order" o on o.id = i.order_id join customer c on c.id = o.customer_id
  where o.status in ('paid', 'shipped') group by c.country;
create materialized view bestseller as select sku, sum(quantity) as sold from order_item group by sku;
insert into customer (email, full_name, country)
  select 'customer' || n || '@example.com', 'Customer ' || n, (array['DE','FR','US','JP'])[1 + n % 4]
  from generate_series(1, 500) n;
insert into product (sku, name, price, stock)
  select 'SKU-' || n, 'Product ' || n, 5 + n, n * 3 from generate_series(1, 80) n;
insert into "order" (customer_id, status, placed_at)
  select 1 + n % 500, (enum_range(null::order_status))[1 + n % 4], now() - n * interval '1 hour'
  from generate_series(1, 2000) n;
insert into order_item (order_id, sku, quantity, unit_price)
  select n, 'SKU-' || (1 + (n * 7 + k) % 80), 1 + k, 9.90 from generate_series(1, 2000) n, generate_series(0, 1) k;
refresh materialized view bestseller;
analyze`;

/** Makes the demo's database in the embedded server, with a role that may only read it. */
export async function makeDemoShop(superuserUrl: string): Promise<DemoConnection> {
  const password = randomBytes(24).toString('base64url');
  const url = new URL(superuserUrl);
  const admin = new pg.Client({ connectionString: superuserUrl });
  await admin.connect();
  try {
    await makeRole(admin, role, password);
    if (await isMissing(admin, 'select 1 from pg_database where datname = $1', database)) {
      await admin.query(`create database ${database}`);
    }
    await admin.query(`revoke all on database ${database} from public`);
    await admin.query(`grant connect on database ${database} to ${role}`);
  } finally {
    await admin.end();
  }
  url.pathname = `/${database}`;
  await fill(url.href);
  return {
    host: url.hostname,
    port: Number(url.port),
    databaseName: database,
    username: role,
    password,
  };
}

async function fill(shopUrl: string): Promise<void> {
  const shop = new pg.Client({ connectionString: shopUrl });
  await shop.connect();
  try {
    if (await isMissing(shop, 'select 1 from pg_class where relname = $1', 'bestseller')) {
      await shop.query(schemaSql);
    }
    await shop.query(`grant select on all tables in schema public to ${role}`);
  } finally {
    await shop.end();
  }
}
