import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createOrm, type Orm } from '../../shared/db/orm.ts';
import { useDatabase } from '../support/database.ts';

const control = useDatabase();
let orm: Orm;

beforeAll(() => {
  orm = createOrm({ databaseUrl: control.url, poolSize: 2 });
});

afterAll(() => orm.close(true));

it('transactions whose connection dies give its place in the pool back', async () => {
  for (let n = 0; n < 5; n += 1) {
    const dying = orm.em.fork().transactional(async (em) => {
      await sql`select pg_terminate_backend(pg_backend_pid())`.execute(em.getKysely());
    });
    await expect(dying).rejects.toThrow();
  }
  const { rows } = await sql<{ one: number }>`select 1 as one`.execute(orm.em.getKysely());
  expect(rows).toEqual([{ one: 1 }]);
});
