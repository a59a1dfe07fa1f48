import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CatalogTable } from '../../shared/catalog.ts';
import { ConnectionFailure } from '../../workers/connectors/connector.ts';
import { useDatabase } from '../support/database.ts';
import { column, fakeConnector, table } from '../support/sources/fake-connector.ts';
import {
  eventually,
  firstRunEnded,
  retryAtOnce,
  sourceRow,
  syncAgain,
  useInstallation,
} from '../support/worker.ts';

const control = useDatabase();
const installation = useInstallation(control);

/** What the customer's database shows at the moment. */
let shown: readonly CatalogTable[] = [];
let failure: ConnectionFailure | undefined;
let afterReading: () => Promise<void>;

const connectorFor = () =>
  Promise.resolve(
    fakeConnector({
      readCatalog: async function* () {
        yield* shown;
        await afterReading();
        if (failure) throw failure;
      },
    }),
  );

beforeAll(() => retryAtOnce(control));

beforeEach(async () => {
  shown = [];
  failure = undefined;
  afterReading = () => Promise.resolve();
  await installation.work({ connectorFor });
});

interface VersionRow {
  readonly table_id: string;
  readonly name: string;
  readonly valid_from: Date;
  readonly valid_to: Date | null;
  readonly definition: CatalogTable;
  readonly row_estimate: number | null;
  readonly xmin: string;
}

async function versions(id: string): Promise<VersionRow[]> {
  const { rows } = await control.pool.query<VersionRow>(
    `select *, xmin::text from catalog_table where data_source_id = $1 order by name, valid_from`,
    [id],
  );
  return rows;
}

async function synced(): Promise<string> {
  const id = await installation.createSource();
  expect(await firstRunEnded(control, id)).toMatchObject({ status: 'SUCCESS' });
  return id;
}

describe('a sync of an unchanged schema', () => {
  it('writes no row of the catalog, and says so in its run', async () => {
    shown = Array.from({ length: 1_200 }, (_, n) => table(`t${n}`));
    const id = await synced();
    await control.pool.query(`
      create table row_written (what text);
      create function log_write() returns trigger language plpgsql as
        $$ begin insert into row_written values (tg_table_name); return null; end $$;
      create trigger logged after insert or update or delete on catalog_table
        for each row execute function log_write();
      create trigger logged after insert or update or delete on catalog_staging
        for each row execute function log_write();`);
    // Half a tenth more rows and another order of what has none: nothing anybody asked to be told.
    shown = shown.map((one) => ({ ...one, rowEstimate: 105 })).reverse();
    expect(await syncAgain(installation, control, id)).toMatchObject({
      status: 'SUCCESS',
      tables: 1_200,
      columns: 2_400,
      tables_added: 0,
      tables_changed: 0,
      tables_removed: 0,
    });
    expect((await control.pool.query('select * from row_written')).rows).toEqual([]);
    await control.pool.query('drop function log_write cascade; drop table row_written');
  });

  it('is told by names, not by the order in which a server lists keys and indexes', async () => {
    const index = (name: string) => ({
      name,
      unique: false,
      method: 'btree',
      columns: [{ name: 'id', expression: null, descending: false }],
      includes: [],
      predicate: null,
    });
    shown = [table('t', { indexes: [index('a'), index('b')] })];
    const id = await synced();
    shown = [table('t', { indexes: [index('b'), index('a')] })];
    expect(await syncAgain(installation, control, id)).toMatchObject({ tables_changed: 0 });
    expect(await versions(id)).toHaveLength(1);
  });
});

describe('a sync of a changed schema', () => {
  it('ends the versions of what changed or went, and keeps the rest as it is', async () => {
    shown = [table('changes'), table('goes'), table('stays')];
    const id = await synced();
    const before = await versions(id);
    shown = [
      table('changes', { columns: [column('id'), column('title'), column('added')] }),
      table('comes'),
      table('stays'),
    ];
    expect(await syncAgain(installation, control, id)).toMatchObject({
      status: 'SUCCESS',
      tables: 3,
      columns: 7,
      tables_added: 1,
      tables_changed: 1,
      tables_removed: 1,
    });
    const after = await versions(id);
    const of = (name: string) => after.filter((version) => version.name === name);
    const [was, is] = of('changes');
    expect(was).toMatchObject({ table_id: is?.table_id });
    expect(was?.valid_to).toEqual(is?.valid_from);
    expect(is).toMatchObject({ valid_to: null });
    expect(is?.definition.columns).toHaveLength(3);
    expect(of('goes')).toMatchObject([{ valid_to: is?.valid_from }]);
    expect(of('comes')).toMatchObject([{ valid_to: null, valid_from: is?.valid_from }]);
    expect(of('stays')).toEqual(before.filter(({ name }) => name === 'stays'));
  });

  it('gives a table that comes back its old id, and a version of its own', async () => {
    shown = [table('t')];
    const id = await synced();
    shown = [];
    await syncAgain(installation, control, id);
    shown = [table('t')];
    expect(await syncAgain(installation, control, id)).toMatchObject({ tables_added: 1 });
    const [first, second, ...more] = await versions(id);
    expect(more).toEqual([]);
    expect(second).toMatchObject({ table_id: first?.table_id, valid_to: null });
    expect(first?.valid_to?.getTime()).toBeLessThan(second?.valid_from.getTime() ?? 0);
  });

  it('takes a row estimate that moved by more than a tenth into the version that is there', async () => {
    shown = [table('t', { rowEstimate: 100 }), table('u', { rowEstimate: null })];
    const id = await synced();
    shown = [table('t', { rowEstimate: 120 }), table('u', { rowEstimate: 0 })];
    expect(await syncAgain(installation, control, id)).toMatchObject({ tables_changed: 0 });
    expect(await versions(id)).toMatchObject([{ row_estimate: 120 }, { row_estimate: 0 }]);
  });

  it('leaves nothing staged', async () => {
    shown = [table('t')];
    await synced();
    await eventually(async () => {
      const { rows } = await control.pool.query('select 1 from catalog_staging');
      return rows.length === 0;
    });
  });
});

describe('staged tables that PostgreSQL lost in a crash', () => {
  it('are never missing from a catalog: the sync starts again', async () => {
    let reads = 0;
    shown = Array.from({ length: 700 }, (_, n) => table(`t${n}`));
    afterReading = async () => {
      reads += 1;
      if (reads > 1) return;
      await eventually(async () => {
        const { rows } = await control.pool.query('select 1 from catalog_staging');
        return rows.length > 0;
      });
      await control.pool.query('truncate catalog_staging');
    };
    const id = await synced();
    expect(reads).toBe(2);
    expect(await versions(id)).toHaveLength(700);
  });
});

describe('a server that does not behave', () => {
  it('naming a table twice is taken at its first word', async () => {
    shown = [
      table('twice', { comment: 'first' }),
      ...Array.from({ length: 600 }, (_, n) => table(`between${n}`)),
      table('twice', { comment: 'second' }),
    ];
    const id = await synced();
    const twice = (await versions(id)).filter(({ name }) => name === 'twice');
    expect(twice).toMatchObject([{ definition: { comment: 'first' } }]);
  });

  it('with names that PostgreSQL cannot store is read all the same', async () => {
    const names = [
      'nul\0',
      'lone\ud800',
      '"; drop table x; --',
      '{}[]\\u0000',
      '😀'.repeat(300),
      '',
    ];
    shown = names.map((name) => table(name, { comment: name, columns: [column(name)] }));
    const id = await synced();
    const stored = await versions(id);
    expect(new Set(stored.map(({ name }) => name))).toEqual(
      new Set(['nul\uFFFD', 'lone\uFFFD', ...names.slice(2)]),
    );
    for (const { name, definition } of stored) {
      expect(definition).toMatchObject({ name, comment: name, columns: [{ name }] });
    }
    expect(await syncAgain(installation, control, id)).toMatchObject({
      tables_added: 0,
      tables_changed: 0,
    });
  });

  it.each(['LIMIT_EXCEEDED', 'PROTOCOL_ERROR', 'AUTHENTICATION_FAILED'] as const)(
    'ending in %s leaves the catalog as it was, at the first try',
    async (code) => {
      shown = [table('t')];
      const id = await synced();
      const before = await versions(id);
      shown = [table('other'), ...Array.from({ length: 1_000 }, (_, n) => table(`more${n}`))];
      failure = new ConnectionFailure(code);
      expect(await syncAgain(installation, control, id)).toMatchObject({
        status: 'FAILED',
        failure: code,
        tables: null,
      });
      expect(await versions(id)).toEqual(before);
      const row = await sourceRow(control, id);
      expect(row).toMatchObject({ last_sync_status: 'FAILED', sync_failure: code });
      expect(row['last_successful_sync_at']).not.toBeNull();
      const { rows } = await control.pool.query(
        `select state from pgboss.job where name = 'sync-schema' and singleton_key = $1`,
        [id],
      );
      expect(rows).toEqual([{ state: 'completed' }, { state: 'completed' }]);
    },
  );
});
