import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listChanges } from '../../server/features/catalog/list-changes.ts';
import { getSyncedTables } from '../../server/features/data-sources/get-synced-tables.ts';
import { updateDataSource } from '../../server/features/data-sources/update-data-source.ts';
import type { CatalogTable } from '../../shared/catalog.ts';
import { callerOf } from '../catalog/caller-of.ts';
import { useDatabase } from '../support/database.ts';
import { fakeConnector, table } from '../support/sources/fake-connector.ts';
import {
  eventually,
  firstRunEnded,
  retryAtOnce,
  settled,
  useInstallation,
} from '../support/worker.ts';

const control = useDatabase();
const installation = useInstallation(control);

/** What the customer's database shows at the moment. */
let shown: readonly CatalogTable[];
let onRead: () => Promise<void>;

const connectorFor = () =>
  Promise.resolve(
    fakeConnector({
      readCatalog: async function* () {
        yield* shown;
        await onRead();
      },
    }),
  );

beforeAll(() => retryAtOnce(control));

beforeEach(async () => {
  shown = [table('users'), table('tmp_users'), table('log', { schema: 'audit' })];
  onRead = () => Promise.resolve();
  await installation.work({ connectorFor });
});

async function update(id: string, change: { tablePatterns: string[] }): Promise<void> {
  await updateDataSource(installation.api, { orgId: installation.organizationId, id, ...change });
}

async function current(id: string): Promise<string[]> {
  const { rows } = await control.pool.query<{ name: string }>(
    `select schema_name || '.' || name as name from catalog_table
     where data_source_id = $1 and valid_to is null order by 1`,
    [id],
  );
  return rows.map(({ name }) => name);
}

/** A data source of which everything is in the catalog. */
async function synced(): Promise<string> {
  const id = await installation.createSource();
  expect(await firstRunEnded(control, id)).toMatchObject({ status: 'SUCCESS' });
  await settled(control, id);
  return id;
}

const changesOf = async (id: string, from: Date) => {
  const ctx = callerOf(installation.api.em, 'ADMIN');
  const { organizationId: orgId } = installation;
  return listChanges(ctx, { orgId, id, from: from.toISOString(), limit: 10 });
};

const databaseTime = async (): Promise<Date> => {
  const { rows } = await control.pool.query<{ now: Date }>('select now()');
  return rows[0]?.now ?? new Date(Number.NaN);
};

describe('patterns of a data source', () => {
  test('that change ask for a sync, which leaves out of the catalog what they leave out', async () => {
    const id = await synced();
    const from = await databaseTime();
    await update(id, { tablePatterns: ['public.*', '!tmp_*'] });
    expect(await firstRunEnded(control, id)).toMatchObject({
      ...{ trigger: 'updated', status: 'SUCCESS', tables: 1 },
      ...{ tables_removed: 0, tables_deselected: 2 },
    });
    expect(await current(id)).toEqual(['public.users']);
    const { items } = await changesOf(id, from);
    expect(items).toMatchObject([
      {
        name: 'log',
        change: 'removed',
        impact: 'additive',
        differences: [{ rule: 'table.deselected' }],
      },
      { name: 'tmp_users', impact: 'additive', differences: [{ rule: 'table.deselected' }] },
    ]);
  });

  test('hide no removal: what they want and what is gone has been removed', async () => {
    const id = await synced();
    const from = await databaseTime();
    shown = [table('tmp_users')];
    await update(id, { tablePatterns: ['!tmp_*'] });
    expect(await firstRunEnded(control, id)).toMatchObject({
      ...{ status: 'SUCCESS', tables: 0, tables_removed: 2, tables_deselected: 1 },
    });
    const { items } = await changesOf(id, from);
    expect(items.map(({ name, impact }) => [name, impact])).toEqual([
      ['log', 'breaking'],
      ['tmp_users', 'additive'],
      ['users', 'breaking'],
    ]);
  });

  test('that are given up bring tables back, under their ids', async () => {
    const id = await synced();
    const ids = () =>
      control.pool.query(
        `select table_id from catalog_table where data_source_id = $1 and valid_to is null
         order by 1`,
        [id],
      );
    const before = await ids();
    await update(id, { tablePatterns: ['nothing'] });
    expect(await firstRunEnded(control, id)).toMatchObject({ status: 'SUCCESS', tables: 0 });
    await settled(control, id);
    await update(id, { tablePatterns: [] });
    expect(await firstRunEnded(control, id)).toMatchObject({ status: 'SUCCESS', tables_added: 3 });
    expect((await ids()).rows).toEqual(before.rows);
  });

  test('that change while a sync reads have its result thrown away', async () => {
    const id = await synced();
    let changed = false;
    onRead = async () => {
      if (changed) return;
      changed = true;
      await update(id, { tablePatterns: ['users'] });
    };
    await update(id, { tablePatterns: ['tmp_users'] });
    await eventually(async () => (await current(id)).length === 1);
    await firstRunEnded(control, id);
    expect(await current(id)).toEqual(['public.users']);
  });

  test('that stay as they are ask for nothing', async () => {
    const id = await synced();
    await update(id, { tablePatterns: [] });
    const { rows } = await control.pool.query('select 1 from sync_run where data_source_id = $1', [
      id,
    ]);
    expect(rows).toHaveLength(1);
    const ref = { orgId: installation.organizationId, id };
    expect(await getSyncedTables(installation.api, ref)).toEqual({ tablePatterns: [] });
  });
});
