import { expect, test } from 'vitest';
import { useApi } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';
import { table } from '../support/sources/fake-connector.ts';
import { useSources } from './synced-source.ts';

const database = useDatabase();
const sources = useSources(database, useApi(database));

// What is stored is looked at in pages of 10,000.
const gone = 20_000;

test('of more tables than a page, all that are gone are ended and no other', async () => {
  const kept = table('kept');
  const source = await sources.synced([kept]);
  await database.pool.query(
    `insert into catalog_table (table_id, valid_from, data_source_id, schema_name, name, kind,
       column_names, definition, hash)
     select 'tbl_' || n, now(), $1, 'public', 'gone ' || n, 'table', '{}', '{}', 'x'
     from generate_series(1, $2::int) n`,
    [source.id, gone],
  );
  await sources.sync(source, [kept]);
  expect(await sources.names(source)).toEqual(['kept']);
  const { rows } = await database.pool.query(
    `select valid_to is null as is_current, count(*)::int as tables from catalog_table
     where data_source_id = $1 group by 1 order by 1`,
    [source.id],
  );
  expect(rows).toEqual([
    { is_current: false, tables: gone },
    { is_current: true, tables: 1 },
  ]);
});
