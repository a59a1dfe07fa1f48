import type { CatalogColumn, CatalogTable } from '../../../shared/catalog.ts';
import type { Column, TableMetadata } from './resources.ts';

// What AWS Glue's Table.TableType has for views; EXTERNAL_TABLE and what may come are tables.
const kinds: { readonly [type: string]: CatalogTable['kind'] | undefined } = {
  VIRTUAL_VIEW: 'view',
  MATERIALIZED_VIEW: 'materialized view',
};

/**
 * A table as Athena describes it. Its tables are files: no keys, indexes, defaults or constraints, no
 * count of rows; each column may be NULL. Those of the partition come after the others, as they do in
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
    comment: commentOf(table),
    rowEstimate: null,
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

/** Hive keeps it among the parameters. */
function commentOf({ Parameters }: TableMetadata): string | null {
  const comment = Object.entries(Parameters ?? {}).find(([name]) => name === 'comment');
  return comment?.[1] || null;
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
