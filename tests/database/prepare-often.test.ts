import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createOrm, type Orm } from '../../shared/db/orm.ts';
import { prepareOften } from '../../shared/db/prepare-often.ts';
import { useDatabase } from '../support/database.ts';

const database = useDatabase();
let orm: Orm;

beforeAll(() => {
  // One session: what it holds prepared is what all of the test's statements made of it.
  orm = createOrm({ databaseUrl: database.url, poolSize: 1 });
});

beforeEach(() =>
  database.pool.query(
    'drop table if exists shelf; create table shelf as select generate_series(1, 9) id',
  ),
);

afterAll(() => orm.close(true));

const db = () => orm.em.fork().getKysely();

async function times(count: number, run: () => Promise<unknown>): Promise<void> {
  for (let n = 0; n < count; n += 1) await run();
}

async function preparedOf(fragment: string): Promise<unknown[]> {
  // Without parameters, so that asking leaves no trace.
  const { rows } = await sql<{ name: string; statement: string }>`
    select name, statement from pg_prepared_statements`.execute(db());
  return rows.filter(({ statement }) => statement.includes(fragment)).map(({ name }) => name);
}

test('what is sent the fifth time is prepared, and answers the same as before', async () => {
  const ask = (id: number) =>
    sql<{ id: number }>`select id from shelf where id = ${id}`.execute(db());
  await times(4, () => ask(1));
  expect(await preparedOf('from shelf')).toEqual([]);
  expect((await ask(2)).rows).toEqual([{ id: 2 }]);
  expect(await preparedOf('from shelf')).toEqual([expect.stringMatching(/^s_[0-9a-f]{32}$/)]);
  for (const id of [3, 4]) expect((await ask(id)).rows).toEqual([{ id }]);
  expect(await preparedOf('from shelf')).toHaveLength(1);
});

test('a prepared statement that fails is sent again, in the same session', async () => {
  const divide = (by: number) => sql<{ n: number }>`select 12 / ${by}::int as n`.execute(db());
  await times(6, () => divide(4));
  await expect(divide(0)).rejects.toMatchObject({ code: '22012' });
  expect((await divide(3)).rows).toEqual([{ n: 4 }]);
});

test.each([
  ['select * from shelf where id >= $1', 'a bare star'],
  ['select shelf.* from shelf where id >= $1', 'the star of a table'],
  ['select id, * from shelf where id >= $1', 'a star behind a column'],
  ['insert into shelf (id) values ($1) returning *', 'a star of what was written'],
])('a migration meanwhile does no harm to %s', async (text) => {
  const [before = '', after = ''] = text.split('$1');
  const ask = () => sql`${sql.raw(before)}${1}${sql.raw(after)}`.execute(db());
  await times(8, ask);
  await database.pool.query('alter table shelf add column height int');
  const { rows } = await ask();
  expect(rows.at(-1)).toHaveProperty('height');
});

describe('of a pool that counts ten texts and prepares three', () => {
  let session: pg.PoolClient;
  beforeEach(async () => {
    const pool = new pg.Pool({ connectionString: database.url, max: 1 });
    prepareOften(pool, { counted: 10, prepared: 3 });
    session = await pool.connect();
    return async () => {
      session.release();
      await pool.end();
    };
  });

  const ask = (n: number) => session.query(`select ${n} as n, $1::int as sent`, [n]);
  async function preparedTexts(): Promise<number[]> {
    const { rows } = await session.query<{ statement: string }>(
      'select statement from pg_prepared_statements order by prepare_time',
    );
    return rows.map(({ statement }) => Number(/select (\d+)/.exec(statement)?.[1]));
  }

  test('texts that come once keep no other from being prepared', async () => {
    for (let n = 100; n < 120; n += 1) await ask(n);
    await times(5, () => ask(1));
    expect(await preparedTexts()).toEqual([1]);
  });

  test('nor do they when they come in between, as long as they are fewer than are counted', async () => {
    for (let n = 0; n < 45; n += 1) await ask(n % 10 === 0 ? 1 : 100 + n);
    expect(await preparedTexts()).toEqual([1]);
  });

  test('what comes less often than that is not counted for ever', async () => {
    for (let round = 0; round < 8; round += 1) {
      await ask(1);
      for (let n = 0; n < 10; n += 1) await ask(100 + 10 * round + n);
    }
    expect(await preparedTexts()).toEqual([]);
  });

  test('three stay prepared, whatever else comes how often', async () => {
    for (const n of [1, 2, 3, 4, 5]) await times(6, () => ask(n));
    expect(await preparedTexts()).toEqual([1, 2, 3]);
    for (const n of [1, 4]) expect((await ask(n)).rows).toEqual([{ n, sent: n }]);
  });
});
