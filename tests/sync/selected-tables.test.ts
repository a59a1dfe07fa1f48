import { beforeAll, describe, expect, test } from 'vitest';
import type { CatalogTable } from '../../shared/catalog.ts';
import { selectionOf } from '../../workers/selection.ts';
import { catalogOf } from '../catalog/sync-once.ts';
import { useEmptyDatabase } from '../support/database.ts';

const customer = useEmptyDatabase();
let all: CatalogTable[];

const read = (patterns: readonly string[]): Promise<CatalogTable[]> =>
  Array.fromAsync(catalogOf(customer.url, { selection: selectionOf(patterns) }));

const placeOf = ({ schema, name }: CatalogTable): string => `${schema}.${name}`;

beforeAll(async () => {
  const schemas = ['first', 'second', 'third'];
  for (const schema of schemas) {
    await customer.pool.query(`create schema ${schema}`);
    for (const name of ['kept', 'tmp_left']) {
      await customer.pool.query(`
        create table ${schema}.${name} (
          id bigint primary key, of text default '${schema}' unique, check (id > 0));
        comment on column ${schema}.${name}.of is 'Of ${schema}, ${name}';
        create index on ${schema}.${name} (lower(of))`);
    }
  }
  all = await read([]);
});

describe('a read of PostgreSQL with a selection', () => {
  // What lies before, between and behind the wanted tables has columns, keys and indexes as well.
  test.each([
    [['second.*'], ['second.kept', 'second.tmp_left']],
    [['!tmp_*'], ['first.kept', 'second.kept', 'third.kept']],
    [
      ['first.tmp_left', 'third.*', '!*.kept'],
      ['first.tmp_left', 'third.tmp_left'],
    ],
    [['fourth.*'], []],
  ])('of %j answers those tables only, each with all of its parts', async (patterns, places) => {
    const tables = await read(patterns);
    expect(tables.map(placeOf)).toEqual(places);
    expect(tables).toEqual(all.filter((table) => places.includes(placeOf(table))));
  });
});
