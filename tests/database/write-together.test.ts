import type { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import pg from 'pg';
import { beforeEach, expect, test, vi } from 'vitest';
import { writeTogether } from '../../shared/db/write-together.ts';
import { useDatabase } from '../support/database.ts';

interface Connected {
  readonly connection: { readonly stream: Required<Pick<Duplex, '_write' | '_writev'>> };
}

const database = useDatabase();
let session: pg.PoolClient;
/** How often the socket was handed something. */
let writes: () => number;

beforeEach(async () => {
  const pool = new pg.Pool({ connectionString: database.url, max: 1, pipeline: true });
  writeTogether(pool);
  session = await pool.connect();
  const { stream } = (session as unknown as Connected).connection;
  const one = vi.spyOn(stream, '_write');
  const many = vi.spyOn(stream, '_writev');
  writes = () => one.mock.calls.length + many.mock.calls.length;
  return async () => {
    session.release();
    await pool.end();
  };
});

const ask = async (n: number): Promise<unknown> => {
  const { rows } = await session.query<{ n: number }>('select $1::int as n', [n]);
  return rows[0]?.n;
};

test('statements that are asked for together leave in one write', async () => {
  const later = Promise.resolve().then(() => Promise.all([ask(3), ask(4)]));
  expect(await Promise.all([ask(1), ask(2), later])).toEqual([1, 2, [3, 4]]);
  expect(writes()).toBe(1);
});

test('others are not kept waiting', async () => {
  const first = ask(1);
  await turn();
  expect(writes()).toBe(1);
  expect(await Promise.all([first, ask(2)])).toEqual([1, 2]);
  expect(await ask(3)).toBe(3);
  expect(writes()).toBe(3);
});
