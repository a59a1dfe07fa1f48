import { sql, type RawBuilder } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';
import { completed } from '../jobs/claim.ts';
import type { Handler } from '../jobs/job.ts';

const batchRows = 5_000;

/**
 * Removes what a deleted data source leaves: catalog, history and, at the end, where it was. Batches
 * are transactions of their own; a job that comes again goes on where the last one ended.
 */
export const deleteDataSource: Handler<'delete-data-source'> = async (worker, job) => {
  const { dataSourceId: id } = job.payload;
  const em = worker.orm.em.fork();
  if (!(await isDeleted(em, id))) return;
  for (const batchOf of everything) {
    let rows: number;
    do {
      job.signal.throwIfAborted();
      rows = await remove(em, batchOf(id));
    } while (rows >= batchRows);
  }
  await job.end(async (tx) => {
    await sql`delete from data_source_grant where data_source_id = ${id}`.execute(tx.getKysely());
    await forgetConnection(tx, id);
    return completed;
  });
};

async function isDeleted(em: EntityManager, id: string): Promise<boolean> {
  const { rows } = await sql`
    select 1 from data_source where id = ${id} and deleted_at is not null`.execute(em.getKysely());
  return rows.length > 0;
}

async function remove(em: EntityManager, batch: RawBuilder<unknown>): Promise<number> {
  const { numAffectedRows } = await batch.execute(em.getKysely());
  return Number(numAffectedRows ?? 0);
}

// Each condition is the one of an index of the table.
const currentTables = (id: string) => sql`
  delete from catalog_table where ctid = any (array(
    select ctid from catalog_table where data_source_id = ${id} and valid_to is null
    limit ${batchRows}))`;

const formerTables = (id: string) => sql`
  delete from catalog_table where ctid = any (array(
    select ctid from catalog_table where data_source_id = ${id} and valid_to is not null
    limit ${batchRows}))`;

const columnNames = (id: string) => sql`
  delete from catalog_column_name where ctid = any (array(
    select ctid from catalog_column_name where data_source_id = ${id} limit ${batchRows}))`;

const schemas = (id: string) => sql`
  delete from catalog_schema where ctid = any (array(
    select ctid from catalog_schema where data_source_id = ${id} limit ${batchRows}))`;

const notes = (id: string) => sql`
  delete from catalog_note where ctid = any (array(
    select ctid from catalog_note where data_source_id = ${id} limit ${batchRows}))`;

const managedTables = (id: string) => sql`
  delete from managed_table where ctid = any (array(
    select ctid from managed_table where data_source_id = ${id} limit ${batchRows}))`;

const history = (id: string) => sql`delete from catalog_history where data_source_id = ${id}`;

const syncRuns = (id: string) => sql`
  delete from sync_run where ctid = any (array(
    select ctid from sync_run where data_source_id = ${id} limit ${batchRows}))`;

const healthChecks = (id: string) => sql`
  delete from health_check where ctid = any (array(
    select ctid from health_check where data_source_id = ${id} limit ${batchRows}))`;

const state = (id: string): RawBuilder<unknown> =>
  sql`delete from catalog_state where data_source_id = ${id}`;

const healthHours = (id: string) => sql`
  delete from health_hour where ctid = any (array(
    select ctid from health_hour where data_source_id = ${id} limit ${batchRows}))`;

const healthSpans = (id: string) => sql`delete from health_span where data_source_id = ${id}`;

const incidents = (id: string) => sql`delete from health_incident where data_source_id = ${id}`;

const everything = [
  currentTables,
  formerTables,
  columnNames,
  schemas,
  notes,
  managedTables,
  history,
  state,
  syncRuns,
  healthChecks,
  healthHours,
  healthSpans,
  incidents,
];

/** The tombstone keeps the dialect and its flags; every name, host and number is gone. */
async function forgetConnection(em: EntityManager, id: string): Promise<void> {
  await sql`
    update data_source d set table_patterns = '[]', connection = (
      select jsonb_object_agg(key,
        case when key = 'dialect' or jsonb_typeof(value) = 'boolean' then value else 'null' end)
      from jsonb_each(d.connection))
    where d.id = ${id}`.execute(em.getKysely());
}
