import type {
  CatalogColumn,
  CatalogForeignKey,
  CatalogIndex,
  CatalogTable,
} from '../../../shared/catalog.ts';
import { given } from '../given.ts';
import type { Row } from '../ordered-rows.ts';

const actions: { readonly [rule: string]: CatalogForeignKey['onUpdate'] | undefined } = {
  CASCADE: 'cascade',
  'NO ACTION': 'no action',
};

/** The rows of one table, in the orders that the statements give them. */
export interface TableRows {
  readonly columns: readonly Row[];
  readonly keys: readonly Row[];
  readonly checks: readonly Row[];
  readonly indexes: readonly Row[];
}

/**
 * Puts a table together. Spanner keeps no comments and no counts of rows. That tables are interleaved
 * has no place in the shared shape, and is no foreign key.
 */
export function toCatalogTable([schema, name, type]: Row, rows: TableRows): CatalogTable {
  const keys = [...Map.groupBy(rows.keys, (row) => given(row[2]))];
  const ofType = (wanted: string) => keys.filter(([, [first]]) => first?.[3] === wanted);
  const [primary] = ofType('PRIMARY KEY');
  return {
    schema: given(schema),
    name: given(name),
    kind: type === 'VIEW' ? 'view' : 'table',
    comment: null,
    rowEstimate: null,
    columns: rows.columns.map(toColumn),
    primaryKey: primary ? { name: primary[0], columns: names(primary[1], 4) } : null,
    // Those that Spanner makes for what foreign keys refer to; nobody else can make any.
    uniqueKeys: ofType('UNIQUE').map(([key, of]) => ({ name: key, columns: names(of, 4) })),
    foreignKeys: ofType('FOREIGN KEY').map(([key, of]) => toForeignKey(key, of)),
    checks: rows.checks.map((row) => ({ name: given(row[2]), expression: given(row[3]) })),
    indexes: [...Map.groupBy(rows.indexes, (row) => given(row[2]))].map(toIndex),
    partitionOf: null,
    partitionKey: null,
  };
}

function toColumn(row: Row): CatalogColumn {
  const [, , name, type, nullable, expression, isGenerated, generation, isStored, ...identity] =
    row;
  const [isIdentity, identityKind] = identity;
  return {
    name: given(name),
    type: given(type),
    nullable: nullable !== 'NO',
    default: expression ?? null,
    comment: null,
    generated:
      isGenerated === 'ALWAYS'
        ? { kind: isStored === 'NO' ? 'virtual' : 'stored', expression: generation ?? '' }
        : null,
    identity: isIdentity === 'YES' ? (identityKind === 'ALWAYS' ? 'always' : 'by default') : null,
  };
}

function toForeignKey(name: string, rows: readonly Row[]): CatalogForeignKey {
  const [first] = rows;
  return {
    name,
    columns: names(rows, 4),
    referencedSchema: given(first?.[5]),
    referencedTable: given(first?.[6]),
    referencedColumns: names(rows, 7),
    onUpdate: actions[first?.[8] ?? ''] ?? 'no action',
    onDelete: actions[first?.[9] ?? ''] ?? 'no action',
  };
}

/** Columns without a position are stored in the index and no part of its key. */
function toIndex([name, rows]: readonly [string, readonly Row[]]): CatalogIndex {
  const [first] = rows;
  const key = rows.filter((row) => row[7] !== null);
  const columns = key.map((row) => ({
    name: given(row[6]),
    expression: null,
    descending: row[8]?.startsWith('DESC') ?? false,
  }));
  return {
    name,
    unique: isTrue(first?.[4]),
    method: given(first?.[3]).toLowerCase(),
    columns,
    includes: names(
      rows.filter((row) => row[7] === null),
      6,
    ),
    // NULL_FILTERED: rows that have a NULL in any column of the key are left out.
    predicate: isTrue(first?.[5])
      ? columns.map((column) => `${column.name} IS NOT NULL`).join(' AND ')
      : null,
  };
}

function names(rows: readonly Row[], field: number): string[] {
  return rows.map((row) => given(row[field]));
}

/** A BOOL in GoogleSQL databases, a word in PostgreSQL ones. */
function isTrue(value: string | null | undefined): boolean {
  return value === 'true' || value === 'YES';
}
