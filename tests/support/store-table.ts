import { randomBytes } from 'node:crypto';
import type { CatalogTable } from '../../shared/catalog.ts';
import { schemaId, tableId } from '../../shared/ids.ts';
import type { TestDatabase } from './database.ts';

type Definition = Omit<CatalogTable, 'rowEstimate'>;

interface Version {
  readonly validFrom?: string;
  readonly validTo?: string | null;
  readonly rowEstimate?: number | null;
}

/** Writes a table as a sync does and answers its id; `validTo` makes it a version of the past. */
export async function storeTable(
  { pool }: Pick<TestDatabase, 'pool'>,
  dataSourceId: string,
  { rowEstimate: _, ...definition }: Definition & Partial<CatalogTable>,
  { validFrom = '2026-01-01', validTo = null, rowEstimate = null }: Version = {},
): Promise<string> {
  const { schema, name, kind, columns } = definition;
  const id = tableId(dataSourceId, schema, name);
  const columnNames = [...new Set(columns.map((column) => column.name.toLowerCase()))];
  await pool.query(
    `insert into catalog_table (table_id, valid_from, valid_to, data_source_id, schema_name, name, kind,
       column_names, definition, hash, row_estimate)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      ...[id, validFrom, validTo, dataSourceId, schema, name, kind, columnNames],
      ...[JSON.stringify(definition), randomBytes(32), rowEstimate],
    ],
  );
  await pool.query(
    `insert into catalog_schema (id, data_source_id, name) values ($1, $2, $3) on conflict do nothing`,
    [schemaId(dataSourceId, schema), dataSourceId, schema],
  );
  await pool.query(
    `insert into catalog_column_name select $1, unnest($2::text[]) on conflict do nothing`,
    [dataSourceId, columnNames],
  );
  return id;
}
