import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createOrm } from '../../shared/db/orm.ts';
import { insertEstimates, insertVersions } from '../../workers/sync-schema/staged-rows.ts';
import { TableBatch } from '../../workers/sync-schema/table-batch.ts';
import { useDatabase } from '../support/database.ts';
import { awkwardName } from '../support/awkward-name.ts';
import { column, table } from '../support/sources/fake-connector.ts';

const control = useDatabase();

interface Staged {
  readonly table_id: string;
  readonly schema_name: string;
  readonly name: string;
  readonly kind: string | null;
  readonly column_names: string[] | null;
  readonly definition: { readonly name: string } | null;
  readonly is_its_hash: boolean | null;
  readonly row_estimate: number | null;
}

async function stage(
  batch: TableBatch,
  insert: typeof insertVersions,
  places: readonly number[],
): Promise<Staged[]> {
  const orm = createOrm({ databaseUrl: control.url, poolSize: 1 });
  try {
    await insert(orm.em.fork(), 'attempt', batch, places);
  } finally {
    await orm.close(true);
  }
  const { rows } = await control.pool.query<Staged>(`
    delete from catalog_staging returning *,
      hash = sha256(convert_to(definition::text, 'UTF8')) as is_its_hash`);
  return rows.toSorted((a, b) => (a.table_id < b.table_id ? -1 : 1));
}

const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD');

describe('rows that are staged', () => {
  it('are what was read, whatever the names', async () => {
    const names = fc.sample(awkwardName, { numRuns: 300, seed: 5 });
    const batch = new TableBatch();
    for (const [n, name] of names.entries()) {
      const columns = [column(name), column(`${name}"`), column(name)];
      batch.add(`tbl_${String(n).padStart(3, '0')}`, table(name, { schema: name, columns }));
    }
    const staged = await stage(batch, insertVersions, [...names.keys()]);
    expect(staged.map(({ schema_name }) => schema_name)).toEqual(names.map(storable));
    expect(staged.map(({ name }) => name)).toEqual(names.map(storable));
    expect(staged.map(({ definition }) => definition?.name)).toEqual(names.map(storable));
    expect(staged.every(({ is_its_hash }) => is_its_hash)).toBe(true);
    for (const [n, { column_names }] of staged.entries()) {
      const lower = storable(names[n] ?? '').toLowerCase();
      expect(column_names).toEqual([lower, `${lower}"`]);
    }
  });

  it('are those of the places that were asked for', async () => {
    const batch = new TableBatch();
    for (const [n, name] of ['a', 'b', 'c', 'd'].entries()) {
      batch.add(`tbl_${name}`, table(name, { rowEstimate: n === 1 ? null : n }));
    }
    const versions = await stage(batch, insertVersions, [1, 3]);
    expect(versions).toMatchObject([
      { table_id: 'tbl_b', name: 'b', row_estimate: null, is_its_hash: true },
      { table_id: 'tbl_d', name: 'd', row_estimate: 3, is_its_hash: true },
    ]);
    const estimates = await stage(batch, insertEstimates, [2]);
    expect(estimates).toMatchObject([
      { table_id: 'tbl_c', name: 'c', row_estimate: 2, definition: null, column_names: null },
    ]);
  });

  it('are none of the tables that the batch held before', async () => {
    const batch = new TableBatch();
    for (const name of ['long before', 'gone']) batch.add(`tbl_${name}`, table(name));
    batch.clear();
    batch.add('tbl_now', table('now', { columns: [] }));
    const staged = await stage(batch, insertVersions, [0]);
    expect(staged).toMatchObject([{ table_id: 'tbl_now', name: 'now', column_names: [] }]);
  });
});
