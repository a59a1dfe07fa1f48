import fc from 'fast-check';
import { expect, test } from 'vitest';
import { useApi } from '../support/api.ts';
import { awkwardName } from '../support/awkward-name.ts';
import { useDatabase } from '../support/database.ts';
import { column, table } from '../support/sources/fake-connector.ts';
import { useSources } from './synced-source.ts';

const database = useDatabase();
const sources = useSources(database, useApi(database));

const searched = (name: string): string =>
  Array.from(name.toWellFormed().replaceAll('\0', '\uFFFD').toLowerCase()).slice(0, 400).join('');

/** The names that searches start from, after the sync of tables with these columns. */
async function namesAfter(tables: readonly (readonly string[])[]): Promise<string[]> {
  const { id } = await sources.synced(
    tables.map((names, n) =>
      table(`table ${String(n)}`, { columns: names.map((name) => column(name)) }),
    ),
  );
  const { rows } = await database.pool.query<{ name: string }>(
    'select name from catalog_column_name where data_source_id = $1',
    [id],
  );
  return rows.map(({ name }) => name).toSorted();
}

test.each([
  [
    'few',
    fc.sample(awkwardName, { numRuns: 300, seed: 5 }).map((name) => [name, `${name}"`, name]),
  ],
  ['many', Array.from({ length: 600 }, (_, n) => ['Id', `first ${n % 550}`, `SECOND ${n}`])],
  [
    'long',
    [
      ['Id', 'L'.repeat(99)],
      ['Id', 'M'.repeat(100), 'N'.repeat(3_000)],
    ],
  ],
  ['no', [[], []]],
])('%s names of columns are stored, each once', async (_, tables) => {
  const expected = new Set(tables.flat().map(searched));
  expect(await namesAfter(tables)).toEqual([...expected].toSorted());
});
