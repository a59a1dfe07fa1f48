import { sql } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';
import type { TableVersion } from './table-version.ts';

export interface StagedRow extends TableVersion {
  /** False when only the row estimate differs. */
  readonly isNewVersion: boolean;
}

/** Adds rows to those that an attempt has staged. */
export async function insertStaged(
  em: EntityManager,
  attempt: string,
  rows: readonly StagedRow[],
): Promise<void> {
  const json = `[${rows.map(toJson).join(',')}]`;
  await sql`
    insert into catalog_staging (attempt, table_id, schema_name, name, kind, column_names, definition,
      hash, row_estimate)
    select ${attempt}, id, schema, name, kind, columns, definition, decode(hash, 'hex'), estimate
    from json_to_recordset(${json}::json)
      as staged(id text, schema text, name text, kind text, columns text[], definition json,
        hash text, estimate float8)`.execute(em.getKysely());
}

// One text for all rows, with the definitions, which are JSON already, put in as they are.
function toJson(row: StagedRow): string {
  const { tableId: id, schema, name, hash, rowEstimate: estimate } = row;
  if (!row.isNewVersion) return JSON.stringify({ id, schema, name, estimate });
  const { kind, columnNames: columns } = row;
  const plain = JSON.stringify({ id, schema, name, estimate, kind, columns });
  return `${plain.slice(0, -1)},"hash":"${hash}","definition":${row.definition}}`;
}

/** Removes what an attempt has staged. */
export async function deleteStaged(em: EntityManager, attempt: string): Promise<void> {
  await sql`delete from catalog_staging where attempt = ${attempt}`.execute(em.getKysely());
}
