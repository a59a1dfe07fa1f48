import { expect, test } from 'vitest';
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
