import type {
  CatalogColumn,
  CatalogForeignKey,
  CatalogIndex,
  CatalogTable,
} from '../../../../shared/catalog.ts';
import { given } from '../../given.ts';
import { type DefaultFacts, toDefault, toGenerated, unescaped } from './defaults.ts';
import type { ServerKind } from '../server-kind.ts';
import type { Row } from '../session.ts';
import { isVitessInternal } from './vitess.ts';

/** The rows that belong to one table, each list as its statement in statements.ts has them. */
export interface TableRows {
  readonly columns: readonly Row[];
  readonly indexes: readonly Row[];
  readonly foreignKeys: readonly Row[];
  readonly foreignKeyRules: readonly Row[];
  readonly checks: readonly Row[];
  readonly partitionKeys: readonly Row[];
}

const actions: { readonly [rule: string]: CatalogForeignKey['onUpdate'] | undefined } = {
  'NO ACTION': 'no action',
  RESTRICT: 'restrict',
  CASCADE: 'cascade',
  'SET NULL': 'set null',
  'SET DEFAULT': 'set default',
};

/**
 * Engines whose rows are kept by another server: MySQL's and MariaDB's manuals, "FEDERATED Storage
 * Engine", "CONNECT" and "Spider".
 */
const foreign = new Set(['FEDERATED', 'CONNECT', 'SPIDER']);

/** What else is kept where tables are: MariaDB's sequences, the server's own views. */
const notTables = new Set(['SEQUENCE', 'SYSTEM VIEW', 'TEMPORARY', 'TEMPORARY SEQUENCE']);

/** Whether a row of the tables statement is one of a catalog's. */
export function isCatalogTable([, name, type]: Row, kind: ServerKind): boolean {
  if (notTables.has(given(type).toUpperCase())) return false;
  return !(kind.isVitess && isVitessInternal(given(name)));
}

/**
 * Puts a table together. Null for a table that was dropped while it was read: none is without columns.
 * Throws PROTOCOL_ERROR for rows that MySQL would not send.
 */
export function toCatalogTable(table: Row, rows: TableRows, kind: ServerKind): CatalogTable | null {
  const [schema, name, type, engine, estimate, comment] = table;
  const isView = given(type).toUpperCase() === 'VIEW';
  if (rows.columns.length === 0 && !isView && engine !== null) return null;
  const indexes = grouped(rows.indexes, 2, 3);
  const [partition] = rows.partitionKeys;
  const keys = indexes.filter((parts) => given(parts[0])[5] === '0').filter(isKey);
  const primary = keys.find((parts) => given(parts[0])[2] === 'PRIMARY');
  return {
    schema: given(schema),
    name: given(name),
    kind: isView ? 'view' : kindOf(engine, partition !== undefined),
    // Of views and of tables that cannot be opened, the server writes its own words here.
    comment: isView || engine === null ? null : orNull(comment),
    rowEstimate: isView ? null : toEstimate(estimate),
    columns: inOrder(rows.columns, 2).map((row) => toColumn(row, kind)),
    primaryKey: primary ? toKey(primary) : null,
    uniqueKeys: keys.filter((parts) => parts !== primary).map(toKey),
    foreignKeys: toForeignKeys(rows),
    checks: rows.checks.map((row) => ({
      name: given(row[2]),
      expression: kind.isMariadb ? given(row[3]) : unescaped(given(row[3])),
    })),
    indexes: indexes.map(toIndex),
    partitionOf: null,
    partitionKey: partition ? toPartitionKey(partition) : null,
  };
}

function kindOf(engine: string | null | undefined, isPartitioned: boolean): CatalogTable['kind'] {
  if (foreign.has((engine ?? '').toUpperCase())) return 'foreign table';
  return isPartitioned ? 'partitioned table' : 'table';
}

function toColumn(row: Row, kind: ServerKind): CatalogColumn {
  const [, , , name, type, nullable, columnDefault, extra, comment, expression, dataType] = row;
  const facts: DefaultFacts = {
    columnDefault: columnDefault ?? null,
    extra: extra ?? '',
    expression: expression ?? null,
    dataType: (dataType ?? '').toLowerCase(),
  };
  return {
    name: given(name),
    type: given(type),
    nullable: nullable === 'YES',
    default: toDefault(facts, kind),
    comment: orNull(comment),
    generated: toGenerated(facts, kind),
    // A value that is given wins over the counter.
    identity: /\bauto_increment\b/i.test(facts.extra) ? 'by default' : null,
  };
}

/** Whether a unique index is a key of columns: not of expressions, nor of their first characters. */
function isKey(parts: readonly Row[]): boolean {
  return parts.every((part) => typeof part[4] === 'string' && !hasPrefix(part));
}

function toKey(parts: readonly Row[]): { name: string; columns: string[] } {
  return { name: given(parts[0]?.[2]), columns: parts.map((part) => given(part[4])) };
}

function toIndex(parts: readonly Row[]): CatalogIndex {
  const [, , name, , , nonUnique, , , method] = given(parts[0]);
  return {
    name: given(name),
    unique: nonUnique === '0',
    method: given(method).toLowerCase(),
    columns: parts.map(toIndexColumn),
    includes: [],
    predicate: null,
  };
}

/** A part with a prefix is an expression here, as SQL writes it: the first ten of b are `b`(10). */
function toIndexColumn(part: Row): CatalogIndex['columns'][number] {
  const [, , , , column, , collation, prefix, , expression] = part;
  const descending = collation === 'D';
  if (typeof column !== 'string') {
    return { name: null, expression: unescaped(given(expression)), descending };
  }
  if (!hasPrefix(part)) return { name: column, expression: null, descending };
  const quoted = `\`${column.replaceAll('`', '``')}\``;
  return { name: null, expression: `${quoted}(${given(prefix)})`, descending };
}

/** Spatial indexes have a length too, of the rectangle that they keep. */
function hasPrefix([, , , , , , , prefix, method]: Row): boolean {
  return typeof prefix === 'string' && given(method).toUpperCase() !== 'SPATIAL';
}

function toForeignKeys({ foreignKeys, foreignKeyRules }: TableRows): CatalogForeignKey[] {
  const rules = new Map(foreignKeyRules.map((row) => [row[2], row]));
  return grouped(foreignKeys, 2, 3).flatMap((parts) => {
    const first = given(parts[0]);
    const rule = rules.get(first[2] ?? null);
    // Dropped between one statement and the next.
    if (!rule) return [];
    return {
      ...toKey(parts),
      referencedSchema: given(first[5]),
      referencedTable: given(first[6]),
      referencedColumns: parts.map((part) => given(part[7])),
      onUpdate: given(actions[given(rule[3])]),
      onDelete: given(actions[given(rule[4])]),
    };
  });
}

function toPartitionKey([, , method, expression, subMethod, subExpression]: Row): string {
  const key = `${given(method)} (${expression ?? ''})`;
  return subMethod ? `${key} SUBPARTITION BY ${subMethod} (${subExpression ?? ''})` : key;
}

function toEstimate(rows: string | null | undefined): number | null {
  const estimate = Number(rows ?? NaN);
  return Number.isFinite(estimate) && estimate >= 0 ? estimate : null;
}

/** Rows by the name in field `name`, each group in the order of field `position`. */
function grouped(rows: readonly Row[], name: number, position: number): Row[][] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = given(row[name]);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return [...groups.values()].map((group) => inOrder(group, position));
}

function inOrder(rows: readonly Row[], position: number): Row[] {
  return [...rows].sort((a, b) => Number(a[position]) - Number(b[position]));
}

/** There is no difference between an empty comment and none. */
function orNull(comment: string | null | undefined): string | null {
  return comment ? comment : null;
}
