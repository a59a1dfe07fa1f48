import type { CatalogColumn, CatalogForeignKey, CatalogTable } from '../../../shared/catalog.ts';
import { dataTypeOf } from './data-type.ts';
import { partitionKeyOf } from './partition-key.ts';
import type { Field, ForeignKey, Table } from './resources.ts';

// Table.type of the REST API; TABLE and SNAPSHOT are tables, and so is what may come.
const kinds: { readonly [type: string]: CatalogTable['kind'] | undefined } = {
  VIEW: 'view',
  MATERIALIZED_VIEW: 'materialized view',
  EXTERNAL: 'foreign table',
};

export interface TableName {
  readonly project: string;
  readonly schema: string;
  readonly name: string;
}

/**
 * A table as BigQuery describes it. It has primary and foreign keys without enforcement, and no other
 * keys, checks or indexes; clustering has no place in the shared shape and is left out.
 */
export function toCatalogTable(at: TableName, table: Table): CatalogTable {
  const kind = kinds[table.type] ?? 'table';
  const partitionKey = kind === 'table' ? partitionKeyOf(table) : null;
  const { primaryKey, foreignKeys = [] } = table.tableConstraints ?? {};
  // Views have none, and BigQuery says "0" for them and for what lies elsewhere.
  const hasRows = kind === 'table' || kind === 'materialized view';
  return {
    schema: at.schema,
    name: at.name,
    kind: partitionKey === null ? kind : 'partitioned table',
    comment: table.description || null,
    rowEstimate: hasRows && table.numRows !== undefined ? Number(table.numRows) : null,
    columns: (table.schema?.fields ?? []).map(toColumn),
    // The REST API says no names that nobody gave: these are made of the table's, in the form
    // that INFORMATION_SCHEMA.TABLE_CONSTRAINTS has for them.
    primaryKey: primaryKey ? { name: `${at.name}.pk$`, columns: primaryKey.columns } : null,
    uniqueKeys: [],
    foreignKeys: foreignKeys.flatMap((key, n) => toForeignKey(at, key, n + 1) ?? []),
    checks: [],
    indexes: [],
    partitionOf: null,
    partitionKey,
  };
}

function toColumn(field: Field): CatalogColumn {
  const info = field.generatedColumn?.generatedExpressionInfo;
  const expression = info?.generationExpression;
  return {
    name: field.name,
    type: dataTypeOf(field),
    // BigQuery stores no array that is NULL: what is absent is empty.
    nullable: field.mode !== 'REQUIRED' && field.mode !== 'REPEATED',
    default: expression === undefined ? (field.defaultValueExpression ?? null) : null,
    comment: field.description || null,
    generated:
      expression === undefined
        ? null
        : { kind: info?.stored === false ? 'virtual' : 'stored', expression },
    identity: null,
  };
}

/** Null for a key into another project, which is not part of this catalog. */
function toForeignKey(at: TableName, key: ForeignKey, n: number): CatalogForeignKey | null {
  const { projectId, datasetId, tableId } = key.referencedTable;
  if (projectId !== at.project) return null;
  return {
    name: key.name || `${at.name}.fk$${n}`,
    columns: key.columnReferences.map(({ referencingColumn }) => referencingColumn),
    referencedSchema: datasetId,
    referencedTable: tableId,
    referencedColumns: key.columnReferences.map(({ referencedColumn }) => referencedColumn),
    onUpdate: 'no action',
    onDelete: 'no action',
  };
}
