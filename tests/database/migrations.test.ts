import { afterAll, describe, expect, test } from 'vitest';
import { migrate } from '../../server/migrate.ts';
import { createOrm } from '../../shared/db/orm.ts';
import { useEmptyDatabase } from '../support/database.ts';

const database = useEmptyDatabase('migrations');

const tables = async (): Promise<unknown[]> => {
  const { rows } = await database.pool.query(
    `select table_name, column_name, data_type, is_nullable, column_default
     from information_schema.columns where table_schema = 'public' order by 1, 2`,
  );
  return rows;
};

test('down takes back what up made, and up makes the same again', async () => {
  await migrate({ databaseUrl: database.url });
  const made = await tables();
  const orm = createOrm({ databaseUrl: database.url, poolSize: 2 });
  try {
    await orm.migrator.down({ to: 0 });
    expect(await tables()).toEqual(
      made.filter((column) => JSON.stringify(column).includes('schema_migration')),
    );
    await orm.migrator.up();
  } finally {
    await orm.close(true);
  }
  expect(await tables()).toEqual(made);
});

test('two migrations at once are one: the second waits and changes nothing', async () => {
  const before = await tables();
  await Promise.all([
    migrate({ databaseUrl: database.url }),
    migrate({ databaseUrl: database.url }),
  ]);
  expect(await tables()).toEqual(before);
});

describe('a role that may not create extensions', () => {
  const bare = useEmptyDatabase('bare');
  const role = bare.name;

  afterAll(() => bare.pool.query(`drop owned by ${role} cascade; drop role ${role}`));

  test('gets every table; what searches by name lack is an index', async () => {
    await bare.pool.query(`
      create role ${role} login password 'bare';
      grant create on schema public to ${role}`);
    const url = new URL(bare.url);
    url.username = role;
    url.password = 'bare';
    const orm = createOrm({ databaseUrl: url.href, poolSize: 1 });
    try {
      await orm.migrator.up();
    } finally {
      await orm.close(true);
    }
    const indexes = async (pool: typeof bare.pool) => {
      const { rows } = await pool.query<{ name: string }>(
        `select indexname as name from pg_indexes where tablename like 'catalog%' order by 1`,
      );
      return rows.map(({ name }) => name);
    };
    const searching = ['catalog_column_name_search', 'catalog_table_search'];
    const all = await indexes(database.pool);
    expect(all).toEqual(expect.arrayContaining(searching));
    expect(await indexes(bare.pool)).toEqual(all.filter((name) => !searching.includes(name)));
  });
});
