import type pg from 'pg';
import { readFloorMs } from './baselines/read-floor.ts';
import type { Bench } from './bench.ts';
import { compare, type Figure } from './figure.ts';
import { interleave } from './rounds.ts';
import { withClient } from './stage/customer.ts';
import { makeSyncStage } from './stage/sync.ts';

/** A sync of a catalog that is stored already, against the time of reading it. */
export const syncAgain: Bench = async (run) => {
  const rounds = run.full ? 7 : 5;
  const stage = await makeSyncStage(run, 1);
  const id = stage.nextSource();
  const changedTables = stage.tables / 100;
  return withClient(stage.installation.databaseUrl, async (control) => {
    await stage.syncMs(control, id);
    const written: Record<'unchanged' | 'changed', number[]> = { unchanged: [], changed: [] };
    const sync = async (kind: 'unchanged' | 'changed'): Promise<number> => {
      const since = await currentTransaction(control);
      const ms = await stage.syncMs(control, id);
      written[kind].push(await rowsWritten(control, since));
      return ms;
    };
    const { unchanged, changed, read } = await interleave(rounds, {
      unchanged: () => sync('unchanged'),
      changed: async () => {
        await changeTables(stage.customer.url, changedTables);
        return sync('changed');
      },
      read: () => readFloorMs(stage.customer.url),
    });
    return [
      compare('nothing changed', 'ms', unchanged, read, { atMost: 0.4 }),
      rowsFigure('nothing changed: rows written', written.unchanged, 0),
      compare('1 % of the tables changed', 'ms', changed, read, { atMost: 1.5 }),
      // A changed table ends one version and begins another.
      rowsFigure('1 % changed: rows written', written.changed, 2 * changedTables),
    ];
  });
};

/** The round that wrote most is the one that counts. */
function rowsFigure(name: string, rows: readonly number[], atMost: number): Figure {
  return { name, unit: 'rows', value: Math.max(...rows), goal: { of: 'value', atMost } };
}

async function changeTables(url: string, count: number): Promise<void> {
  await withClient(url, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
       where schemaname like 'large_%' order by random() limit $1`,
      [count],
    );
    const text = `Changed at ${performance.now()}`;
    await client.query(rows.map(({ name }) => `comment on table ${name} is '${text}'`).join(';'));
  });
}

async function currentTransaction(control: pg.Client): Promise<string> {
  const { rows } = await control.query<{ xid: string }>('select pg_current_xact_id()::text as xid');
  return rows[0]?.xid ?? '';
}

/** Rows of the catalog that a later transaction inserted or updated, by PostgreSQL's own marks. */
async function rowsWritten(control: pg.Client, since: string): Promise<number> {
  const { rows } = await control.query<{ rows: string }>(
    'select count(*) as rows from catalog_table where xmin::text::int8 > $1::int8',
    [since],
  );
  return Number(rows[0]?.rows);
}
