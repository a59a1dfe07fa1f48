import { answerReads, isCustomers } from './answer-reads.ts';

const names = ['kysely', 'pg'];
const [{ Kysely, PostgresDialect }, { default: pg }] = await Promise.all(
  names.map((name) => import(name)),
);

/** Tables, columns and comments: no keys, no indexes, no defaults. */
answerReads(async (url) => {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  const db = new Kysely({ dialect: new PostgresDialect({ pool }) });
  const tables: { schema: string }[] = await db.introspection.getTables();
  await db.destroy();
  return tables.filter(({ schema }) => isCustomers(schema)).length;
});
