import { beforeEach, expect, test } from 'vitest';
import { postgres } from '../../../workers/connectors/postgres/connector.ts';
import { catalogOf, targetOf } from '../../catalog/sync-once.ts';
import { useEmptyDatabase } from '../../support/database.ts';
import { startWatchedLine } from '../../support/servers/watched-line.ts';

const customer = useEmptyDatabase('customer');

let url: string;
/** What the customer's server was asked for so far, and each piece of it. */
let asked: string;
let pieces: string[];

beforeEach(async () => {
  await customer.pool.query('drop schema public cascade; create schema public');
  asked = '';
  pieces = [];
  const line = await startWatchedLine(customer.url, {
    onAsked(piece) {
      asked += piece.toString('latin1');
      pieces.push(piece.toString('latin1'));
    },
  });
  url = line.url;
  return () => line.close();
});

async function columnsRead(): Promise<number> {
  let columns = 0;
  for await (const table of catalogOf(url)) columns += table.columns.length;
  return columns;
}

const fetches = (cursor: string): number => asked.split(`from basekeep_${cursor}`).length - 1;

test('a check asks both of its questions in one piece', async () => {
  const report = await postgres.probe(targetOf(url), new AbortController().signal);
  expect(report.failure).toBeNull();
  expect(pieces.filter((piece) => piece.includes('select '))).toHaveLength(1);
});

test('a small catalog is fetched by one page of each cursor', async () => {
  await customer.pool.query(
    'create table a (id int primary key); create table b (id int default 1)',
  );
  expect(await columnsRead()).toBe(2);
  const cursors = ['tables', 'columns', 'defaults', 'comments', 'constraints', 'indexes'];
  expect(cursors.map(fetches)).toEqual([1, 1, 1, 1, 1, 1]);
});

// The first page has 500 rows, and two are asked for while it is worked through.
test.each([
  [499, 1],
  [500, 3],
  [501, 3],
])('%i columns are fetched by %i pages', async (columns, pages) => {
  const perTable = Array.from({ length: 100 }, (_, n) => `c${n} int`);
  for (let left = columns; left > 0; left -= 100) {
    const list = perTable.slice(0, Math.min(left, 100)).join();
    await customer.pool.query(`create table t${left} (${list})`);
  }
  expect(await columnsRead()).toBe(columns);
  expect(fetches('columns')).toBe(pages);
});
