import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import type { CatalogTable } from '../../shared/catalog.ts';
import { defaultCatalogLimits, type CatalogLimits } from '../../workers/connectors/limits.ts';
import { createPostgresConnector } from '../../workers/connectors/postgres/connector.ts';
import { defaultWireLimits } from '../../workers/connectors/postgres/limits.ts';
import { useDatabase } from '../support/database.ts';
import { column, fakeConnector, table } from '../support/sources/fake-connector.ts';
import { firstRunEnded, settled, syncAgain, useInstallation } from '../support/worker.ts';

const control = useDatabase();
const customer = useDatabase();
const installation = useInstallation(control);
const tables = { pr: 5_000, nightly: 70_000 }[inject('size')];
const streamed = { pr: 5_000, nightly: 1_000_000 }[inject('size')];
const patienceMs = { pr: 120_000, nightly: 3_600_000 }[inject('size')];

let limits: CatalogLimits;
/** Read instead of the customer's database, when it is there. */
let invented: (() => AsyncIterable<CatalogTable>) | null;

const connectorFor = () =>
  Promise.resolve(
    invented
      ? fakeConnector({ readCatalog: invented })
      : createPostgresConnector({ limits: { ...defaultWireLimits, ...limits } }),
  );

beforeEach(async () => {
  limits = defaultCatalogLimits;
  invented = null;
  await installation.work({ connectorFor });
});

/** A data source of the customer's database, in our own server, which the demo may connect to. */
function createSource(): Promise<string> {
  const { hostname: host, port, username, password, pathname } = new URL(customer.url);
  const connection = { host, port: Number(port), username, password };
  return installation.createSource({
    ...connection,
    databaseName: pathname.slice(1),
    isDemo: true,
  });
}

async function catalogOf(id: string): Promise<unknown> {
  const { rows } = await control.pool.query(
    `select count(*)::int as tables, count(*) filter (where valid_to is null)::int as current,
       sum(json_array_length(definition -> 'columns'))::int as columns, max(xmin::text::int8) as last
     from catalog_table where data_source_id = $1`,
    [id],
  );
  return rows[0];
}

describe('a catalog beyond a limit', () => {
  let id: string;
  beforeEach(async () => {
    id = await createSource();
    expect(await firstRunEnded(control, id)).toMatchObject({ status: 'SUCCESS' });
    await settled(control, id);
    await customer.pool.query(`create table grown_${id} (id bigint, a text, b text)`);
  });

  test.each<[keyof CatalogLimits, number]>([
    ['maxTables', 10],
    ['maxColumns', 100],
    // Of what is sent, and only what has changed is.
    ['maxBytes', 2_000],
    ['maxPartsPerTable', 2],
    ['maxTableBytes', 10],
  ])('of %s ends in LIMIT_EXCEEDED, and the old one stays', async (limit, value) => {
    const before = await catalogOf(id);
    limits = { ...defaultCatalogLimits, [limit]: value };
    expect(await syncAgain(installation, control, id)).toMatchObject({
      ...{ status: 'FAILED', failure: 'LIMIT_EXCEEDED', tables: null },
    });
    expect(await catalogOf(id)).toEqual(before);
    limits = defaultCatalogLimits;
    expect(await syncAgain(installation, control, id)).toMatchObject({ status: 'SUCCESS' });
  });
});

describe('D3:', () => {
  beforeAll(async () => {
    // In portions, because each table takes locks until its transaction ends.
    for (let first = 0; first < tables; first += 1_000) {
      await customer.pool.query(`
        do $$ begin
          for n in ${first}..${first + 999} loop
            execute format('create table large_%s (id bigint not null, at date, n integer)', n);
          end loop;
        end $$`);
    }
  }, patienceMs);
  afterAll(async () => {
    await control.pool.query('delete from catalog_table');
  });

  test(
    `${tables} tables of a database are stored`,
    async () => {
      const id = await createSource();
      const run = await firstRunEnded(control, id, patienceMs);
      expect(run).toMatchObject({ status: 'SUCCESS' });
      expect(run['tables']).toBeGreaterThanOrEqual(tables);
      expect(await catalogOf(id)).toMatchObject({
        current: run['tables'],
        columns: run['columns'],
      });
    },
    patienceMs,
  );

  test(
    `${streamed} tables are streamed into the catalog`,
    async () => {
      invented = async function* () {
        for (let n = 0; n < streamed; n += 1) yield table(`t${n}`);
      };
      const id = await installation.createSource();
      expect(await firstRunEnded(control, id, patienceMs)).toMatchObject({
        ...{ status: 'SUCCESS', tables: streamed, columns: 2 * streamed },
      });
      expect(await catalogOf(id)).toMatchObject({ current: streamed });
    },
    patienceMs,
  );

  test('10,000 columns of one table are stored', async () => {
    const columns = Array.from({ length: 10_000 }, (_, n) => column(`c${n}`));
    invented = async function* () {
      yield table('wide', { columns });
    };
    const id = await installation.createSource();
    expect(await firstRunEnded(control, id)).toMatchObject({ status: 'SUCCESS', columns: 10_000 });
    expect(await catalogOf(id)).toMatchObject({ current: 1, columns: 10_000 });
  });
});
