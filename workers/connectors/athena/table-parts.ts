import type { CatalogColumn, CatalogTable } from '../../../shared/catalog.ts';
import type { Column, TableMetadata } from './resources.ts';

// What AWS Glue's Table.TableType has for views; EXTERNAL_TABLE and what may come are tables.
const kinds: { readonly [type: string]: CatalogTable['kind'] | undefined } = {
  VIRTUAL_VIEW: 'view',
  MATERIALIZED_VIEW: 'materialized view',
};

/**
 * A table as Athena describes it. Its tables are files: no keys, indexes, defaults or constraints; each
 * column may be NULL. Those of the partition come after the others, as they do in
 * `SELECT *`. An Iceberg table's partitions are not in this API.
 */
export function toCatalogTable(schema: string, table: TableMetadata): CatalogTable {
  const kind = kinds[table.TableType ?? ''] ?? 'table';
  const partitionKeys = table.PartitionKeys ?? [];
  const isPartitioned = kind === 'table' && partitionKeys.length > 0;
  return {
    schema,
    name: table.Name,
    kind: isPartitioned ? 'partitioned table' : kind,
    comment: parameterOf(table, 'comment') || null,
    rowEstimate: kind === 'view' ? null : estimateOf(table),
    columns: [...(table.Columns ?? []), ...partitionKeys].map(toColumn),
    primaryKey: null,
    uniqueKeys: [],
    foreignKeys: [],
    checks: [],
    indexes: [],
    partitionOf: null,
    partitionKey: isPartitioned ? partitionKeys.map(({ Name }) => quoted(Name)).join(', ') : null,
  };
}

/** What Hive and its heirs keep beside the columns: anybody may write there, whatever they like. */
function parameterOf({ Parameters }: TableMetadata, wanted: string): string | null {
  return Object.entries(Parameters ?? {}).find(([name]) => name === wanted)?.[1] ?? null;
}

/** What a crawler of AWS Glue has counted, else what Hive or Spark have; -1 is Hive's for not knowing. */
function estimateOf(table: TableMetadata): number | null {
  const counted = parameterOf(table, 'recordCount') ?? parameterOf(table, 'numRows');
  return counted !== null && /^\d{1,15}$/.test(counted) ? Number(counted) : null;
}

function toColumn({ Name, Type, Comment }: Column): CatalogColumn {
  return {
    name: Name,
    // A view's column may be without one.
    type: Type ?? '',
    nullable: true,
    default: null,
    comment: Comment || null,
    generated: null,
    identity: null,
  };
}

/** As it stands in PARTITIONED BY: bare where it can, in backticks where it has to. */
function quoted(name: string): string {
  return /^[a-z]\w*$/i.test(name) ? name : `\`${name.replaceAll('`', '``')}\``;
}
