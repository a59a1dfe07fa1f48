import { sql } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';

export interface StoredTable {
  /** Hexadecimal. */
  readonly hash: string;
  readonly rowEstimate: number | null;
}

/** The current versions of tables, by table id. */
export async function selectStored(
  em: EntityManager,
  tableIds: readonly string[],
): Promise<Map<string, StoredTable>> {
  const { rows } = await sql<{ table_id: string; hash: string; row_estimate: number | null }>`
    select table_id, encode(hash, 'hex') as hash, row_estimate from catalog_table
    where table_id = any (${tableIds}::text[]) and valid_to is null`.execute(em.getKysely());
  return new Map(
    rows.map((row) => [row.table_id, { hash: row.hash, rowEstimate: row.row_estimate }]),
  );
}
