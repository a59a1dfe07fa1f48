import { beforeAll, describe, expect, test } from 'vitest';
import { CatalogSettings, Table } from '../../server/features/catalog/contract.ts';
import { createOrm } from '../../shared/db/orm.ts';
import { deleteOldVersions } from '../../workers/dispatch-due/delete-old-versions.ts';
import { dataOf, errorOf, itemsOf, useApi, type TestTenant } from '../support/api.ts';
import { useDatabase } from '../support/database.ts';
import { table } from '../support/sources/fake-connector.ts';
import { storeTable } from '../support/store-table.ts';
import { createSource, readTables, type Source } from './source.ts';
import { syncOnce } from './sync-once.ts';

const database = useDatabase();
const api = useApi(database);

const settingsOf = ({ orgId }: TestTenant) => `/api/public/organizations/${orgId}/catalog-settings`;

const keepFor = ({ tenant }: Source, historyDays: number) =>
  api.request('PATCH', settingsOf(tenant), { key: tenant.key, body: { historyDays } });

const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 60 * 60 * 1_000).toISOString();

/** A source with a version that ended at each of these ages, and one that is current and oldest. */
async function withVersions(ages: readonly number[]): Promise<Source> {
  const source = await createSource(api);
  await storeTable(database, source.id, table('current'), { validFrom: daysAgo(5_000) });
  for (const age of ages) {
    const version = { validFrom: daysAgo(age + 1), validTo: daysAgo(age) };
    await storeTable(database, source.id, table(`ended_${age}`), version);
  }
  await database.pool.query(
    `insert into catalog_history (data_source_id, due_at) values ($1, now())`,
    [source.id],
  );
  return source;
}

async function left({ id }: Source): Promise<string[]> {
  const { rows } = await database.pool.query<{ name: string }>(
    'select name from catalog_table where data_source_id = $1 order by name',
    [id],
  );
  return rows.map(({ name }) => name);
}

async function dueInDays({ id }: Source): Promise<number | null> {
  const { rows } = await database.pool.query<{ days: number | null }>(
    `select round(extract(epoch from due_at - now()) / 86400)::int as days
     from catalog_history where data_source_id = $1`,
    [id],
  );
  return rows[0]?.days ?? null;
}

/** The chore until it finds nothing more to do; how many batches that took. */
async function trim(batchSize = 1_000): Promise<number> {
  const orm = createOrm({ databaseUrl: database.url, poolSize: 1 });
  try {
    for (let batches = 0; ; batches += 1) {
      if ((await deleteOldVersions({ orm }, batchSize)) === 0) return batches;
    }
  } finally {
    await orm.close(true);
  }
}

beforeAll(() => trim());

describe('versions of tables', () => {
  test('go when they ended longer ago than the organization keeps them, by default 90 days', async () => {
    const source = await withVersions([10, 89, 91, 400]);
    await trim();
    expect(await left(source)).toEqual(['current', 'ended_10', 'ended_89']);
    expect(await dueInDays(source)).toBe(1);
  });

  test('go in batches, and none is forgotten', async () => {
    const source = await withVersions([91, 92, 93, 94, 95, 1]);
    expect(await trim(2)).toBe(3);
    expect(await left(source)).toEqual(['current', 'ended_1']);
  });

  test('that are current stay whatever their age', async () => {
    const source = await withVersions([]);
    await trim();
    expect(await left(source)).toEqual(['current']);
    expect(await dueInDays(source)).toBeNull();
  });

  test('go at once when the organization keeps them for less time, and only its own', async () => {
    const [mine, foreign] = [await withVersions([10]), await withVersions([10])];
    await trim();
    expect(dataOf(await keepFor(mine, 5), CatalogSettings)).toEqual({ historyDays: 5 });
    await trim();
    expect(await left(mine)).toEqual(['current']);
    expect(await left(foreign)).toEqual(['current', 'ended_10']);
  });

  test('are looked for when a sync has ended some, not before', async () => {
    const source = await createSource(api);
    const { id } = source;
    await syncOnce(database.url, id, readTables([table('t')]));
    expect(await dueInDays(source)).toBeNull();
    await syncOnce(database.url, id, readTables([]));
    expect(await dueInDays(source)).toBe(0);
    await trim();
    expect(await dueInDays(source)).toBe(90);
  });
});

describe('a moment whose versions are gone', () => {
  test('is refused, with what is known since; a later one is answered', async () => {
    const source = await withVersions([10, 91]);
    expect((await source.get(`tables?asOf=${daysAgo(95)}`)).status).toBe(200);
    await trim();
    for (const path of [`tables?asOf=${daysAgo(95)}`, `changes?from=${daysAgo(95)}`]) {
      const answer = errorOf(await source.get(path));
      expect(answer).toMatchObject({ status: 400, detail: expect.stringContaining('begins at') });
    }
    const { items } = itemsOf(await source.get(`tables?asOf=${daysAgo(10.5)}`), Table);
    expect(items.map(({ name }) => name)).toEqual(['current', 'ended_10']);
  });
});

describe('the setting', () => {
  test.each([0, 3_651, 1.5, 'x', null])('is refused when it is %s', async (historyDays) => {
    const tenant = await api.tenant();
    const body = { historyDays };
    const answer = await api.request('PATCH', settingsOf(tenant), { key: tenant.key, body });
    expect(errorOf(answer)).toMatchObject({
      status: 400,
      fieldErrors: { historyDays: expect.any(String) },
    });
    const kept = await api.request('GET', settingsOf(tenant), { key: tenant.key });
    expect(dataOf(kept, CatalogSettings)).toEqual({ historyDays: 90 });
  });
});
