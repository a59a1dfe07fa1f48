import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { TableChange } from '../../server/features/catalog/changes/contract.ts';
import { ColumnMatch, Schema, Table } from '../../server/features/catalog/contract.ts';
import { getTable } from '../../server/features/catalog/get-table.ts';
import { listChanges } from '../../server/features/catalog/list-changes.ts';
import { listSchemas } from '../../server/features/catalog/list-schemas.ts';
import { listTables } from '../../server/features/catalog/list-tables.ts';
import { updateTable } from '../../server/features/catalog/notes/update-table.ts';
import { searchColumns } from '../../server/features/catalog/search-columns.ts';
import type { CatalogTable } from '../../shared/catalog.ts';
import { createOrm } from '../../shared/db/orm.ts';
import { schemaId } from '../../shared/ids.ts';
import { dataOf, itemsOf, useApi } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';
import { column, table } from '../support/sources/fake-connector.ts';
import { callerOf } from './caller-of.ts';
import { readAll } from './read-all.ts';
import { useSources } from './synced-source.ts';
const database = useDatabase();
const api = useApi(database);
const { sync, synced, idOf, list, names } = useSources(database, api);

const reference: CatalogTable['foreignKeys'][number] = {
  name: 'fk',
  columns: ['title'],
  referencedSchema: 'public',
  referencedTable: 'secret',
  referencedColumns: ['id'],
  onUpdate: 'no action',
  onDelete: 'no action',
};

const NumberedTables = z.object({ tables: z.array(Table), pagination: z.unknown() });

describe('what is hidden', () => {
  test('is gone from list, get, search, changes and the past, until an ADMIN asks for it', async () => {
    const source = await synced([table('open'), table('secret', { columns: [column('pin')] })]);
    const id = idOf(source, 'secret');
    const at = new Date(Date.now() + 1_000).toISOString();
    const changes = async (query = '') =>
      itemsOf(await source.get(`changes?from=2026-01-01T00:00:00Z${query}`), TableChange).items;
    const search = async (query = '') => {
      const path = `/api/public/organizations/${source.tenant.orgId}/columns?search=pin${query}`;
      const answer = await api.request('GET', path, { key: source.tenant.key });
      return itemsOf(answer, ColumnMatch).items;
    };
    expect(await search()).toHaveLength(1);
    const hidden = await source.patch(`tables/${id}`, { isHidden: true });
    expect(dataOf(hidden, Table)).toMatchObject({ isHidden: true });
    for (const query of ['', `?asOf=${at}`]) expect(await names(source, query)).toEqual(['open']);
    for (const query of ['', `?asOf=${at}`])
      expect((await source.get(`tables/${id}${query}`)).status).toBe(404);
    expect((await changes()).map(({ name }) => name)).toEqual(['open']);
    expect(await search()).toEqual([]);

    expect(await names(source, '?includeHidden=true')).toEqual(['open', 'secret']);
    expect((await source.get(`tables/${id}?includeHidden=true`)).status).toBe(200);
    expect(await changes('&includeHidden=true')).toHaveLength(2);
    expect(await search('&includeHidden=true')).toHaveLength(1);
    await source.patch(`tables/${id}`, { isHidden: false });
    expect(await names(source)).toEqual(['open', 'secret']);
  });

  test('takes with it what names it: keys, indexes, checks, expressions, references', async () => {
    const index = { unique: false, method: 'btree', includes: [], predicate: null };
    const pin = { name: 'pin', expression: null, descending: false };
    const source = await synced([
      table('secret'),
      table('partition', { partitionOf: { schema: 'public', table: 'secret', bound: 'DEFAULT' } }),
      table('person', {
        columns: [
          column('id'),
          column('title'),
          column('pin'),
          { ...column('copy'), generated: { kind: 'stored', expression: '("PIN" || 1)' } },
        ],
        primaryKey: { name: 'pk', columns: ['id', 'pin'] },
        uniqueKeys: [{ name: 'u', columns: ['pin'] }],
        foreignKeys: [reference],
        checks: [{ name: 'c', expression: 'length(pin) = 4' }],
        indexes: [
          { ...index, name: 'by_pin', columns: [pin] },
          { ...index, name: 'with_pin', columns: [{ ...pin, name: 'id' }], includes: ['pin'] },
          { ...index, name: 'where_pin', columns: [{ ...pin, name: 'id' }], predicate: 'pin > 0' },
          { ...index, name: 'by_id', columns: [{ ...pin, name: 'id' }] },
        ],
        partitionKey: 'HASH (pin)',
      }),
    ]);
    await source.patch(`tables/${idOf(source, 'secret')}`, { isHidden: true });
    const person = `tables/${idOf(source, 'person')}`;
    const cell = { column: 'pin', isHidden: true };
    expect((await source.patch(`${person}/columns`, cell)).status).toBe(200);
    const answer = await source.get('tables');
    expect(JSON.stringify(answer.body)).not.toMatch(/pin|secret/i);
    const seen = dataOf(await source.get(person), Table);
    expect(seen.columns.map(({ name }) => name)).toEqual(['id', 'title', 'copy']);
    expect(seen.indexes.map(({ name }) => name)).toEqual(['by_id']);
    const whole = dataOf(await source.get(`${person}?includeHidden=true`), Table);
    expect(whole).toMatchObject({ foreignKeys: [reference], primaryKey: { name: 'pk' } });
  });

  test('is asked for, and hidden, by ADMINs alone', async () => {
    const source = await synced([table('t')]);
    const orm = createOrm({ databaseUrl: database.url, poolSize: 1 });
    onTestFinished(() => orm.close(true));
    const { orgId } = source.tenant;
    const tableRef = { orgId, id: source.id, tableId: idOf(source, 't') };
    const asMember = callerOf(orm.em.fork(), 'MEMBER');
    const asked = { orgId, id: source.id, includeHidden: true, limit: 1 };
    const forbidden = { code: 'FORBIDDEN' };
    await expect(listTables(asMember, asked)).rejects.toMatchObject(forbidden);
    await expect(listSchemas(asMember, asked)).rejects.toMatchObject(forbidden);
    await expect(
      listChanges(asMember, { ...asked, from: '2026-01-01T00:00:00Z' }),
    ).rejects.toMatchObject(forbidden);
    await expect(
      searchColumns(asMember, { orgId, search: 'x', includeHidden: true, limit: 1 }),
    ).rejects.toMatchObject(forbidden);
    await expect(getTable(asMember, { ...tableRef, includeHidden: true })).rejects.toMatchObject(
      forbidden,
    );
    const hide = updateTable(asMember, { ...tableRef, isHidden: true });
    await expect(hide).rejects.toMatchObject(forbidden);
    expect(await names(source)).toEqual(['t']);
    expect(await updateTable(asMember, { ...tableRef, description: 'x' })).toMatchObject({
      description: 'x',
    });
    await source.patch(`tables/${tableRef.tableId}`, { isHidden: true });
    const unseen = updateTable(asMember, { ...tableRef, description: 'y' });
    await expect(unseen).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('makes no change when it is all that changed', async () => {
    const source = await synced([table('t', { columns: [column('id'), column('pin')] })]);
    const from = new Date(Date.now() + 1).toISOString();
    await expect.poll(() => Date.now()).toBeGreaterThan(Date.parse(from));
    const changes = async (query = '') =>
      itemsOf(await source.get(`changes?from=${from}${query}`), TableChange).items;
    await source.patch(`tables/${idOf(source, 't')}/columns`, { column: 'pin', isHidden: true });
    await sync(source, [
      table('t', { columns: [column('id'), { ...column('pin'), type: 'integer' }] }),
    ]);
    expect(await changes()).toEqual([]);
    expect(await changes('&includeHidden=true')).toMatchObject([
      { name: 't', differences: [{ rule: 'column.type_changed', name: 'pin' }] },
    ]);
  });

  test('is neither on numbered pages nor in their count', async () => {
    const source = await synced([
      ...['a', 'b', 'c', 'd'].map((name) => table(name)),
      { ...table('x'), schema: 'other' },
    ]);
    const past = new Date(Date.now() + 60_000).toISOString();
    await source.patch(`tables/${idOf(source, 'b')}`, { isHidden: true });
    await source.patch(`schemas/${schemaId(source.id, 'other')}`, { isHidden: true });
    const page = async (query: string) => {
      const path = `/api/data-sources/${source.id}/tables?${query}`;
      const { body } = await api.request('GET', path, { key: source.tenant.key });
      const { tables, pagination } = NumberedTables.parse(body);
      return [tables.map(({ name }) => name), pagination];
    };
    const count = { pageSize: 2, totalCount: 3, totalPages: 2 };
    expect(await page('pageSize=2')).toEqual([['a', 'c'], { page: 1, ...count }]);
    expect(await page('pageSize=2&page=2')).toEqual([['d'], { page: 2, ...count }]);
    expect(await page(`pageSize=2&page=2&asOf=${past}`)).toEqual([['d'], { page: 2, ...count }]);
    expect(await page('pageSize=2&page=3')).toEqual([[], { page: 3, ...count }]);
    const all = { page: 1, pageSize: 50, totalCount: 5, totalPages: 1 };
    expect(await page('includeHidden=true')).toEqual([['x', 'a', 'b', 'c', 'd'], all]);
  });

  test('is jumped over when it is a whole schema, wherever pages end', async () => {
    const long = 'l'.repeat(401);
    const schemas = ['a', 'b', 'c', `${long}1`, `${long}2`];
    const tables = schemas.flatMap((schema) =>
      ['x', 'y', 'z'].map((name) => ({ ...table(name), schema })),
    );
    const source = await synced(tables);
    for (const schema of ['b', `${long}1`]) {
      const path = `schemas/${schemaId(source.id, schema)}`;
      expect((await source.patch(path, { isHidden: true })).status).toBe(200);
    }
    const visible = tables.filter(({ schema }) => !['b', `${long}1`].includes(schema));
    for (const limit of [1, 2, 4, 100]) {
      const seen = await readAll(Table, (cursor) => source.get(`tables?limit=${limit}${cursor}`));
      expect(new Set(seen.map(({ id }) => id))).toEqual(
        new Set(visible.map(({ schema, name }) => idOf(source, name, schema))),
      );
      expect(seen).toHaveLength(visible.length);
    }
    const listed = await readAll(Schema, (cursor) => source.get(`schemas?limit=2${cursor}`));
    expect(listed.map(({ name }) => name)).toEqual(['a', 'c', `${long}2`]);
    const all = itemsOf(await source.get('schemas?includeHidden=true'), Schema).items;
    expect(new Set(all.map(({ name }) => name))).toEqual(new Set(schemas));
    expect(await list(source, '?schema=b')).toEqual([]);
    expect(await list(source, '?schema=b&includeHidden=true')).toHaveLength(3);
  });
});
