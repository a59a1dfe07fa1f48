import pg from 'pg';
import { expect, inject, it } from 'vitest';
import { assertNoConnections, useDatabase, useEmptyDatabase } from '../support/database.ts';

const clone = useDatabase();
const source = useEmptyDatabase('shop');

it('a test file gets its own clone and its own empty database', async () => {
  const name = 'select current_database() as name';
  expect((await clone.pool.query(name)).rows).toEqual([{ name: clone.name }]);
  expect((await source.pool.query(name)).rows).toEqual([{ name: source.name }]);
  expect(source.name).toMatch(/^shop_/);
  await source.pool.query('create table only_here (id int)');
  const { rows } = await clone.pool.query(`select to_regclass('only_here') as found`);
  expect(rows).toEqual([{ found: null }]);
});

it('a connection that is left open is found, and told by what it did', async () => {
  const leaked = new pg.Client({ connectionString: source.url, application_name: 'leaky' });
  const admin = new pg.Client(inject('postgresUrl'));
  await Promise.all([leaked.connect(), admin.connect()]);
  await source.pool.end();
  await leaked.query('begin');
  await expect(assertNoConnections(admin, source.name)).rejects.toThrow(
    /left open to shop_[0-9a-f]+: leaky idle in transaction begin/,
  );
  await leaked.end();
  await assertNoConnections(admin, source.name);
  await admin.end();
});
