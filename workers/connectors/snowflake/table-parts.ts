import type { CatalogColumn, CatalogForeignKey, CatalogTable } from '../../../shared/catalog.ts';
import { given } from '../given.ts';
import { integer } from '../integer.ts';
import type { Row } from '../ordered-rows.ts';

export interface TableRows {
  readonly table: Row;
  readonly columns: readonly Row[];
  readonly primary: readonly Row[];
  readonly unique: readonly Row[];
  readonly imported: readonly Row[];
}

// Snowflake documentation, "TABLES view" of the information schema; the others are tables.
const kinds: { readonly [type: string]: CatalogTable['kind'] | undefined } = {
  VIEW: 'view',
  'MATERIALIZED VIEW': 'materialized view',
  'EXTERNAL TABLE': 'foreign table',
};

const actions: { readonly [rule: string]: CatalogForeignKey['onUpdate'] | undefined } = {
  'NO ACTION': 'no action',
  RESTRICT: 'restrict',
  CASCADE: 'cascade',
  'SET NULL': 'set null',
  'SET DEFAULT': 'set default',
};

/** Puts a table together. Snowflake's standard tables have neither indexes nor checks. */
export function toCatalogTable({ table, ...parts }: TableRows): CatalogTable {
  const [schema, name, type, rowCount, comment] = table;
  const [primary] = keysOf(parts.primary);
  return {
    schema: given(schema),
    name: given(name),
    kind: kinds[type ?? ''] ?? 'table',
    comment: comment || null,
    rowEstimate: rowCount ? integer(rowCount) : null,
    columns: parts.columns.map(toColumn),
    primaryKey: primary ? { name: primary[0], columns: columnsOf(primary[1]) } : null,
    uniqueKeys: keysOf(parts.unique).map(([key, rows]) => ({
      name: key,
      columns: columnsOf(rows),
    })),
    foreignKeys: keysOf(parts.imported).flatMap(([key, rows]) => toForeignKey(key, rows) ?? []),
    checks: [],
    indexes: [],
    partitionOf: null,
    partitionKey: null,
  };
}

function toColumn(row: Row): CatalogColumn {
  const [nullable, expression, identity, comment] = row.slice(8);
  // An identity may be overridden by an INSERT. Snowflake documentation, "CREATE TABLE".
  const isIdentity = identity === 'YES';
  return {
    name: given(row[2]),
    type: typeOf(row),
    nullable: nullable !== 'NO',
    default: isIdentity ? null : (expression ?? null),
    comment: comment || null,
    generated: null,
    identity: isIdentity ? 'by default' : null,
  };
}

/** The type as DESCRIBE TABLE writes it: `NUMBER(38,0)`, `VARCHAR(16777216)`, `TIMESTAMP_NTZ(9)`. */
function typeOf([, , , type, length, precision, scale, fraction]: Row): string {
  const name = given(type);
  if (name === 'TEXT') return length ? `VARCHAR(${length})` : 'VARCHAR';
  if (name === 'BINARY' && length) return `BINARY(${length})`;
  if (name === 'NUMBER' && precision) return `NUMBER(${precision},${scale ?? '0'})`;
  if (/^TIME/.test(name) && fraction) return `${name}(${fraction})`;
  return name;
}

/** Rows by the name of their key, the columns of each in the key's own order. */
function keysOf(rows: readonly Row[]): [string, Row[]][] {
  const keys = Map.groupBy(rows, (row) => given(row[2]));
  return [...keys].map(([name, parts]) => [
    name,
    parts.toSorted((a, b) => integer(given(a[3])) - integer(given(b[3]))),
  ]);
}

/** Null for a key whose referenced table is in another database, which is not in this catalog. */
function toForeignKey(name: string, rows: readonly Row[]): CatalogForeignKey | null {
  const [first] = rows;
  if (!first || first[5] !== first[6]) return null;
  return {
    name,
    columns: columnsOf(rows),
    referencedSchema: given(first[7]),
    referencedTable: given(first[8]),
    referencedColumns: rows.map((row) => given(row[9])),
    onUpdate: actions[first[10] ?? ''] ?? 'no action',
    onDelete: actions[first[11] ?? ''] ?? 'no action',
  };
}

function columnsOf(rows: readonly Row[]): string[] {
  return rows.map((row) => given(row[4]));
}
