import type { CatalogColumn, CatalogIndex, CatalogTable } from '../../../shared/catalog.ts';
import { ConnectionFailure } from '../connector.ts';
import type { Row } from '../ordered-rows.ts';
import { parseKey } from './key-expression.ts';
import { toText } from './tab-separated.ts';

const views = new Set(['View', 'LiveView', 'WindowView']);

// Engines whose rows live in another system. Source: ClickHouse documentation, "Table engines",
// "Integrations".
const foreign = new Set([
  ...['AzureBlobStorage', 'AzureQueue', 'COSN', 'DeltaLake', 'ExternalDistributed', 'File', 'HDFS'],
  ...['Hive', 'Hudi', 'Iceberg', 'JDBC', 'Kafka', 'MaterializedPostgreSQL', 'MongoDB', 'MySQL'],
  ...['NATS', 'ODBC', 'OSS', 'PostgreSQL', 'RabbitMQ', 'Redis', 'S3', 'S3Queue', 'SQLite', 'URL'],
  ...['GCS', 'ArrowFlight', 'YTsaurus', 'MeiliSearch'],
]);

/**
 * Puts a table together. ClickHouse has no unique or foreign keys, and its primary key neither makes
 * rows unique nor consists of columns only: it is the sparse index over the sorted rows, and so it is
 * reported as an index, as are the sorting key where it differs and the data skipping indexes.
 */
export function toCatalogTable(
  table: Row,
  columnRows: readonly Row[],
  indexRows: readonly Row[],
): CatalogTable {
  const [schema, name, engine, rows, comment, partitionKey, sortingKey, primaryKey] = table;
  const columns = columnRows.map(toColumn);
  const names = new Set(columns.map((column) => column.name));
  return {
    schema: text(schema),
    name: text(name),
    kind: kindOf(text(engine)),
    comment: filled(comment),
    rowEstimate: toEstimate(rows),
    columns,
    primaryKey: null,
    uniqueKeys: [],
    foreignKeys: [],
    checks: [],
    indexes: [
      ...keyIndexes(text(primaryKey), text(sortingKey), names),
      ...indexRows.map((row) => toIndex(text(row[2]), text(row[3]), text(row[4]), names)),
    ],
    partitionOf: null,
    partitionKey: filled(partitionKey),
  };
}

function kindOf(engine: string): CatalogTable['kind'] {
  if (engine === 'MaterializedView') return 'materialized view';
  if (views.has(engine)) return 'view';
  return foreign.has(engine) ? 'foreign table' : 'table';
}

function toColumn(row: Row): CatalogColumn {
  const [, , name, type, defaultKind, expression, comment] = row;
  const written = filled(expression);
  const kind = text(defaultKind);
  const generated = kind === 'MATERIALIZED' || kind === 'ALIAS';
  return {
    name: text(name),
    type: text(type),
    nullable: /^(?:LowCardinality\()?Nullable\(/.test(text(type)),
    default: generated ? null : written,
    comment: filled(comment),
    generated: generated
      ? { kind: kind === 'ALIAS' ? 'virtual' : 'stored', expression: written ?? '' }
      : null,
    identity: null,
  };
}

function keyIndexes(
  primaryKey: string,
  sortingKey: string,
  columns: ReadonlySet<string>,
): CatalogIndex[] {
  const sorting = sortingKey === primaryKey ? '' : sortingKey;
  return [
    ...(primaryKey ? [toIndex('PRIMARY KEY', 'primary key', primaryKey, columns)] : []),
    ...(sorting ? [toIndex('ORDER BY', 'sorting key', sorting, columns)] : []),
  ];
}

function toIndex(
  name: string,
  method: string,
  key: string,
  columns: ReadonlySet<string>,
): CatalogIndex {
  const parts = parseKey(key, columns);
  return { name, unique: false, method, columns: parts, includes: [], predicate: null };
}

function toEstimate(rows: string | null | undefined): number | null {
  return rows !== undefined && rows !== null && /^\d{1,20}$/.test(rows) ? Number(rows) : null;
}

function text(value: string | null | undefined): string {
  if (value === null || value === undefined) throw new ConnectionFailure('PROTOCOL_ERROR');
  return toText(value);
}

/** ClickHouse writes an empty string where there is nothing. */
function filled(value: string | null | undefined): string | null {
  return value ? toText(value) : null;
}
