import { sql } from 'kysely';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { inOneGo } from '../../server/in-one-go.ts';
import { createOrm, type EntityManager, type Orm } from '../../shared/db/orm.ts';
import { useDatabase } from '../support/database.ts';
import { startWatchedLine } from '../support/servers/watched-line.ts';

const database = useDatabase();

/** Answers wait until this has been asked. */
let awaited: string | null = null;
let line: Awaited<ReturnType<typeof startWatchedLine>>;
let orm: Orm;

beforeAll(async () => {
  const held: Buffer[] = [];
  line = await startWatchedLine(database.url, {
    onAsked(piece) {
      if (awaited !== null && piece.includes(awaited)) awaited = null;
    },
    onAnswer(piece, pass) {
      held.push(piece);
      if (awaited === null) held.splice(0).forEach(pass);
    },
  });
  orm = createOrm({ databaseUrl: line.url, poolSize: 1 });
});

afterAll(async () => {
  await orm.close(true);
  await line.close();
});

beforeEach(() =>
  database.pool.query(`
    drop table if exists shelf;
    create table shelf (id int primary key, place serial)`),
);

const put = (em: EntityManager, id: number) =>
  sql<{ id: number }>`insert into shelf (id) values (${id}) returning id`
    .execute(em.getKysely())
    .then(({ rows }) => rows[0]?.id);

async function shelf(): Promise<unknown[]> {
  const { rows } = await database.pool.query<{ id: number }>('select id from shelf order by place');
  return rows.map(({ id }) => id);
}

test('answers what each statement answered, in the order of the question', async () => {
  const answers = await orm.em
    .fork()
    .transactional((em) => inOneGo(em, (em) => [put(em, 3), put(em, 1), put(em, 2)]));
  expect(answers).toEqual([3, 1, 2]);
  expect(await shelf()).toEqual([3, 1, 2]);
});

test('all statements are sent before the first is answered', async () => {
  await orm.em.fork().transactional(async (em) => {
    await put(em, 1);
    awaited = 'the last';
    await inOneGo(em, (em) => [
      put(em, 2),
      put(em, 3),
      sql`select ${1}::int as "the last"`.execute(em.getKysely()),
    ]);
  });
  expect(await shelf()).toEqual([1, 2, 3]);
});

test('statements that wait for something first belong to the same transaction', async () => {
  await orm.em
    .fork()
    .transactional((em) =>
      inOneGo(em, (em) => [
        turn().then(() => put(em, 1)),
        put(em, 2),
        put(em, 3).then((before) => put(em, 1 + (before ?? 0))),
      ]),
    );
  expect(await shelf()).toEqual([2, 3, 1, 4]);
});

test('nothing happens when one fails, and what it failed with is what is thrown', async () => {
  const work = orm.em
    .fork()
    .transactional((em) =>
      inOneGo(em, (em) => [put(em, 1), put(em, 1), put(em, 2), turn().then(() => put(em, 3))]),
    );
  await expect(work).rejects.toMatchObject({ code: '23505', table: 'shelf' });
  expect(await shelf()).toEqual([]);
});

test('what fails although PostgreSQL was not asked is thrown, and the rest comes to nothing', async () => {
  const work = orm.em
    .fork()
    .transactional((em) =>
      inOneGo(em, (em) => [
        put(em, 1),
        Promise.reject(new Error('no')),
        turn().then(() => put(em, 2)),
      ]),
    );
  await expect(work).rejects.toThrow('no');
  expect(await shelf()).toEqual([]);
});

test('a session goes on after failures, with statements that are prepared meanwhile', async () => {
  for (let n = 0; n < 12; n += 1) {
    const text = `select ${String(n % 3)} / $1::int`;
    const divide = (em: EntityManager, by: number) => {
      const [before = '', after = ''] = text.split('$1');
      return sql`${sql.raw(before)}${by}${sql.raw(after)}`.execute(em.getKysely());
    };
    const work = orm.em
      .fork()
      .transactional((em) => inOneGo(em, (em) => [put(em, n), divide(em, 0), divide(em, 1)]));
    await expect(work).rejects.toMatchObject({ code: '22012' });
    await orm.em
      .fork()
      .transactional((em) => inOneGo(em, (em) => [divide(em, 1), put(em, n), divide(em, 2)]));
  }
  expect(await shelf()).toHaveLength(12);
});
