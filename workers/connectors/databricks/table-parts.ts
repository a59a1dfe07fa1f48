import type { CatalogColumn, CatalogForeignKey, CatalogTable } from '../../../shared/catalog.ts';
import { given } from '../given.ts';
import type { Row } from '../ordered-rows.ts';

// Databricks documentation, "TABLES" of the information schema, TABLE_TYPE; the others are tables.
const kinds: { readonly [type: string]: CatalogTable['kind'] | undefined } = {
  VIEW: 'view',
  METRIC_VIEW: 'view',
  MATERIALIZED_VIEW: 'materialized view',
  FOREIGN: 'foreign table',
};

const actions: { readonly [rule: string]: CatalogForeignKey['onUpdate'] | undefined } = {
  'NO ACTION': 'no action',
  RESTRICT: 'restrict',
  CASCADE: 'cascade',
  'SET NULL': 'set null',
  'SET DEFAULT': 'set default',
};

/** Puts a table together. Unity Catalog has primary and foreign keys and no other keys or indexes. */
export function toCatalogTable(
  table: Row,
  columnRows: readonly Row[],
  keyRows: readonly Row[],
): CatalogTable {
  const [schema, name, type, comment] = table;
  const keys = [...Map.groupBy(keyRows, (row) => given(row[2]))];
  const primary = keys.find(([, rows]) => rows[0]?.[3] === 'PRIMARY KEY');
  const kind = kinds[given(type)] ?? 'table';
  const partitionKey = partitionKeyOf(columnRows);
  return {
    schema: given(schema),
    name: given(name),
    kind: kind === 'table' && partitionKey !== null ? 'partitioned table' : kind,
    comment: comment || null,
    rowEstimate: null,
    columns: columnRows.map(toColumn),
    primaryKey: primary ? { name: primary[0], columns: columnsOf(primary[1]) } : null,
    uniqueKeys: keys
      .filter(([, rows]) => rows[0]?.[3] === 'UNIQUE')
      .map(([key, rows]) => ({ name: key, columns: columnsOf(rows) })),
    foreignKeys: keys.flatMap(([key, rows]) => toForeignKey(key, rows) ?? []),
    checks: [],
    indexes: [],
    partitionOf: null,
    partitionKey,
  };
}

/** The columns of PARTITIONED BY in their order; null without any. */
function partitionKeyOf(columnRows: readonly Row[]): string | null {
  const parts = columnRows
    .filter((row) => row[7] !== null)
    .toSorted((a, b) => Number(a[7]) - Number(b[7]));
  return parts.map((row) => quoted(given(row[2]))).join(', ') || null;
}

/** A name as it stands in SQL: bare where it can, in backticks where it has to. */
function quoted(name: string): string {
  return /^[a-z_]\w*$/i.test(name) ? name : `\`${name.replaceAll('`', '``')}\``;
}

function toColumn([, , name, type, nullable, expression, comment]: Row): CatalogColumn {
  return {
    name: given(name),
    type: given(type),
    nullable: nullable !== 'NO',
    default: expression ?? null,
    comment: comment || null,
    generated: null,
    identity: null,
  };
}

/** Null for a key of another kind, and for one whose referenced table is in another catalog. */
function toForeignKey(name: string, rows: readonly Row[]): CatalogForeignKey | null {
  const [first] = rows;
  if (first?.[3] !== 'FOREIGN KEY' || rows.some((row) => !row[7])) return null;
  return {
    name,
    columns: columnsOf(rows),
    referencedSchema: given(first[5]),
    referencedTable: given(first[6]),
    referencedColumns: rows.map((row) => given(row[7])),
    onUpdate: actions[first[8] ?? ''] ?? 'no action',
    onDelete: actions[first[9] ?? ''] ?? 'no action',
  };
}

function columnsOf(rows: readonly Row[]): string[] {
  return rows.map((row) => given(row[4]));
}
