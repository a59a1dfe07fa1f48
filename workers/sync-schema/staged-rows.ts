import { sql } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';
import type { TableBatch } from './table-batch.ts';

/** Tables of a batch, by their places in it, in rising order. */
export type Places = readonly number[];

/** Stages tables whose definition is not the stored one. */
export async function insertVersions(
  em: EntityManager,
  attempt: string,
  batch: TableBatch,
  places: Places,
): Promise<void> {
  await sql`
    insert into catalog_staging (attempt, table_id, schema_name, name, kind, column_names, definition,
      hash, row_estimate)
    select ${attempt}, id, schema, name, kind, columns::text[], definition::json,
      decode(hash, 'hex'), estimate
    from unnest(${at(batch.ids, places)}::text[], ${batch.schemas.pick(places)}::text[],
      ${batch.names.pick(places)}::text[], ${batch.kinds.pick(places)}::text[],
      ${batch.columnNames.pick(places)}::text[], ${batch.definitions.pick(places)}::text[],
      ${at(batch.hashes, places)}::text[], ${at(batch.estimates, places)}::float8[])
      as staged(id, schema, name, kind, columns, definition, hash, estimate)`.execute(
    em.getKysely(),
  );
}

/** Stages tables of which only the row estimate differs: they have no hash there. */
export async function insertEstimates(
  em: EntityManager,
  attempt: string,
  batch: TableBatch,
  places: Places,
): Promise<void> {
  await sql`
    insert into catalog_staging (attempt, table_id, schema_name, name, row_estimate)
    select ${attempt}, id, schema, name, estimate
    from unnest(${at(batch.ids, places)}::text[], ${batch.schemas.pick(places)}::text[],
      ${batch.names.pick(places)}::text[], ${at(batch.estimates, places)}::float8[])
      as staged(id, schema, name, estimate)`.execute(em.getKysely());
}

/** Removes what an attempt has staged. */
export async function deleteStaged(em: EntityManager, attempt: string): Promise<void> {
  await sql`delete from catalog_staging where attempt = ${attempt}`.execute(em.getKysely());
}

function at<T>(values: readonly T[], places: Places): readonly T[] {
  if (places.length === values.length) return values;
  const wanted = new Set(places);
  return values.filter((_value, place) => wanted.has(place));
}
