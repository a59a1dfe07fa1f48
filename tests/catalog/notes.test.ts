import { describe, expect, test } from 'vitest';
import { Column, Schema, Table } from '../../server/features/catalog/contract.ts';
import { schemaId } from '../../shared/ids.ts';
import { actionsOf } from '../features/fixtures.ts';
import { dataOf, errorOf, itemsOf, useApi } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';
import { column, table } from '../support/sources/fake-connector.ts';
import { useSources } from './synced-source.ts';
const database = useDatabase();
const api = useApi(database);
const { sync, synced, idOf, list } = useSources(database, api);

describe('what people say of a catalog', () => {
  test('stands beside what the database says, and stays over syncs and re-creations', async () => {
    const commented = table('orders', { comment: 'from the database' });
    const source = await synced([commented]);
    const id = idOf(source, 'orders');
    const said = { description: 'Orders of the shop', customAiContext: 'One row per order' };
    const answer = dataOf(await source.patch(`tables/${id}`, said), Table);
    expect(answer).toMatchObject({ id, ...said, comment: 'from the database' });
    const ofColumn = await source.patch(`tables/${id}/columns`, {
      column: 'title',
      description: 'Shown on the invoice',
    });
    expect(dataOf(ofColumn, Column)).toMatchObject({
      name: 'title',
      description: 'Shown on the invoice',
      customAiContext: null,
    });
    const schema = schemaId(source.id, 'public');
    const ofSchema = await source.patch(`schemas/${schema}`, { customAiContext: 'The shop' });
    expect(dataOf(ofSchema, Schema)).toEqual({
      id: schema,
      name: 'public',
      description: null,
      customAiContext: 'The shop',
      isHidden: false,
    });
    await sync(source, [{ ...commented, comment: 'changed', columns: [column('title')] }]);
    await sync(source, []);
    expect((await source.get(`tables/${id}`)).status).toBe(404);
    await sync(source, [commented]);
    const [back] = await list(source);
    expect(back).toMatchObject({ ...said, comment: 'from the database' });
    expect(back?.columns.map(({ name, description }) => [name, description])).toEqual([
      ['id', null],
      ['title', 'Shown on the invoice'],
    ]);
    const schemas = itemsOf(await source.get('schemas'), Schema).items;
    expect(schemas).toMatchObject([{ id: schema, customAiContext: 'The shop' }]);
  });

  test('is changed field by field, taken back with null, and audited by the names of fields', async () => {
    const source = await synced([table('t')]);
    const path = `tables/${idOf(source, 't')}`;
    await source.patch(path, { description: 'a', customAiContext: 'b' });
    await source.patch(path, { description: null });
    expect(dataOf(await source.get(path), Table)).toMatchObject({
      description: null,
      customAiContext: 'b',
    });
    const { orgId } = source.tenant;
    expect((await actionsOf(database, orgId)).slice(-2)).toEqual([
      'catalog.table_updated',
      'catalog.table_updated',
    ]);
    const { rows } = await database.pool.query<{ details: string; target_id: string }>(
      `select details, target_id from audit_event where organization_id = $1
       order by sequence desc limit 1`,
      [orgId],
    );
    expect(rows[0]?.target_id).toBe(idOf(source, 't'));
    expect(JSON.parse(rows[0]?.details ?? '')).toEqual({
      dataSourceId: source.id,
      fields: ['description'],
    });
  });

  test('is refused for what is not there, with nothing stored', async () => {
    const source = await synced([table('t')]);
    const path = `tables/${idOf(source, 't')}`;
    const said = { description: 'x' };
    for (const answer of [
      await source.patch(`tables/${idOf(source, 'u')}`, said),
      await source.patch(`${path}/columns`, { column: 'nothing', ...said }),
      await source.patch(`schemas/${schemaId(source.id, 'nowhere')}`, said),
    ]) {
      expect(answer.status).toBe(404);
    }
    const long = await source.patch(path, { description: 'x'.repeat(10_001) });
    expect(errorOf(long)).toMatchObject({
      status: 400,
      fieldErrors: { description: expect.any(String) },
    });
    const { rows } = await database.pool.query(
      'select 1 from catalog_note where data_source_id = $1',
      [source.id],
    );
    expect(rows).toEqual([]);
  });

  test('of two people at once is kept of both', async () => {
    const source = await synced([table('t')]);
    const path = `tables/${idOf(source, 't')}`;
    // Both come up to the same row, which somebody else holds, and go on from there at once.
    const holder = await database.pool.connect();
    await holder.query('begin');
    await holder.query('select from data_source where id = $1 for update', [source.id]);
    const asked = Promise.all([
      source.patch(path, { description: 'a' }),
      source.patch(path, { customAiContext: 'b' }),
    ]);
    const waiting = async () => {
      const { rows } = await database.pool.query(
        `select 1 from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return rows.length;
    };
    await expect.poll(waiting, { timeout: 20_000 }).toBe(2);
    await holder.query('commit');
    holder.release();
    const answers = await asked;
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(dataOf(await source.get(path), Table)).toMatchObject({
      description: 'a',
      customAiContext: 'b',
    });
  });
});
