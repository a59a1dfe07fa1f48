import { sql } from 'kysely';
import { schemaId } from '../../shared/ids.ts';
import type { EntityManager } from '../../shared/db/orm.ts';
import type { StagedCatalog } from './stage-catalog.ts';

interface Publication {
  readonly dataSourceId: string;
  readonly attempt: string;
  readonly staged: StagedCatalog;
  /** When the new versions begin and the old ones end. */
  readonly at: Date;
}

/**
 * Makes what an attempt has staged the catalog, inside the caller's transaction. Throws when staged
 * rows are missing: PostgreSQL empties an unlogged table when it recovers from a crash.
 */
export async function publishCatalog(em: EntityManager, publication: Publication): Promise<void> {
  const { attempt, staged } = publication;
  const at = publication.at.toISOString();
  const { removed, deselected } = staged;
  if (removed.length > 0) await endVersions(em, removed, at, null);
  if (deselected.length > 0) await endVersions(em, deselected, at, 'deselected');
  if (removed.length + deselected.length + staged.changed > 0)
    await planTrimming(em, publication, at);
  if (staged.schemas.length > 0) await addSchemas(em, publication);
  if (staged.stagedRows === 0) return;
  if ((await countStaged(em, attempt)) !== staged.stagedRows) {
    throw new Error('staged tables are missing');
  }
  if (staged.changed > 0) await endChangedVersions(em, attempt, at);
  if (staged.added + staged.changed > 0) {
    await beginVersions(em, publication, at);
    await addColumnNames(em, publication);
  }
  if (staged.stagedRows > staged.added + staged.changed) await updateEstimates(em, attempt);
}

async function countStaged(em: EntityManager, attempt: string): Promise<number> {
  const { rows } = await sql<{ rows: string }>`
    select count(*) as rows from catalog_staging where attempt = ${attempt}`.execute(
    em.getKysely(),
  );
  return Number(rows[0]?.rows);
}

async function endVersions(
  em: EntityManager,
  ids: readonly string[],
  at: string,
  reason: 'deselected' | null,
): Promise<void> {
  await sql`
    update catalog_table set valid_to = ${at}, end_reason = ${reason}
    where table_id = any (${ids}::text[]) and valid_to is null`.execute(em.getKysely());
}

async function endChangedVersions(em: EntityManager, attempt: string, at: string): Promise<void> {
  await sql`
    update catalog_table t set valid_to = ${at}
    from catalog_staging s
    where s.attempt = ${attempt} and s.hash is not null
      and t.table_id = s.table_id and t.valid_to is null`.execute(em.getKysely());
}

async function beginVersions(
  em: EntityManager,
  { dataSourceId, attempt }: Publication,
  at: string,
): Promise<void> {
  await sql`
    insert into catalog_table (table_id, valid_from, data_source_id, schema_name, name, kind,
      column_names, definition, hash, row_estimate)
    select table_id, ${at}, ${dataSourceId}, schema_name, name, kind, column_names, definition, hash,
      row_estimate
    from catalog_staging where attempt = ${attempt} and hash is not null`.execute(em.getKysely());
}

/** What has ended grows old: see dispatch-due/delete-old-versions.ts. */
async function planTrimming(em: EntityManager, { dataSourceId }: Publication, at: string) {
  await sql`
    insert into catalog_history as h (data_source_id, due_at) values (${dataSourceId}, ${at})
    on conflict (data_source_id) do update set due_at = excluded.due_at
    where h.due_at is null`.execute(em.getKysely());
}

async function addSchemas(em: EntityManager, { dataSourceId, staged }: Publication): Promise<void> {
  const ids = staged.schemas.map((name) => schemaId(dataSourceId, name));
  await sql`
    insert into catalog_schema (id, data_source_id, name)
    select id, ${dataSourceId}, name from unnest(${ids}::text[], ${staged.schemas}::text[]) s(id, name)
    on conflict do nothing`.execute(em.getKysely());
}

async function addColumnNames(
  em: EntityManager,
  { dataSourceId, attempt, staged }: Publication,
): Promise<void> {
  const names =
    staged.columnNames === null
      ? sql`
        select distinct unnest(column_names) from catalog_staging
        where attempt = ${attempt} and hash is not null`
      : sql`select unnest(${staged.columnNames}::text[])`;
  await sql`
    insert into catalog_column_name (data_source_id, name)
    select ${dataSourceId}, name from (${names}) names(name)
    on conflict do nothing`.execute(em.getKysely());
}

async function updateEstimates(em: EntityManager, attempt: string): Promise<void> {
  await sql`
    update catalog_table t set row_estimate = s.row_estimate
    from catalog_staging s
    where s.attempt = ${attempt} and s.hash is null
      and t.table_id = s.table_id and t.valid_to is null`.execute(em.getKysely());
}
