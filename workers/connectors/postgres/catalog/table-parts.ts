import { z } from 'zod';
import type {
  CatalogColumn,
  CatalogForeignKey,
  CatalogIndex,
  CatalogTable,
} from '../../../../shared/catalog.ts';
import { ConnectionFailure } from '../../connector.ts';
import { given } from '../../given.ts';
import type { Row } from '../gate/row-cursor.ts';
import type { TablePart } from './statements.ts';
import type { TypeNames } from './type-names.ts';

/** The rows that belong to one table, as their statements in statements.ts have them. */
export type TableRows = Readonly<Record<TablePart, readonly Row[]>>;

const kinds: { readonly [relkind: string]: CatalogTable['kind'] | undefined } = {
  r: 'table',
  p: 'partitioned table',
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
};

const actions: { readonly [action: string]: CatalogForeignKey['onUpdate'] | undefined } = {
  a: 'no action',
  r: 'restrict',
  c: 'cascade',
  n: 'set null',
  d: 'set default',
};

const Names = z.array(z.string());

/** Puts a table together. Throws PROTOCOL_ERROR for rows that PostgreSQL would not send. */
export function toCatalogTable(table: Row, rows: TableRows, types: TypeNames): CatalogTable {
  const [, schema, name, kind, estimate, comment, parentSchema, parent, bound, partitionKey] =
    table;
  const columns = toColumns(rows, types);
  const nameOf = new Map(rows.columns.map((row) => [given(row[1]), given(row[2])]));
  const byType = (type: string): Row[] => rows.constraints.filter((row) => row[2] === type);
  const toKey = (row: Row) => ({ name: given(row[1]), columns: namesIn(row[3], nameOf) });
  return {
    schema: given(schema),
    name: given(name),
    kind: given(kinds[given(kind)]),
    comment: comment ?? null,
    rowEstimate: toEstimate(estimate),
    columns,
    primaryKey: byType('p').map(toKey)[0] ?? null,
    uniqueKeys: byType('u').map(toKey),
    foreignKeys: byType('f').map((row) => ({ ...toKey(row), ...toReference(row) })),
    checks: byType('c').map((row) => ({ name: given(row[1]), expression: given(row[9]) })),
    indexes: rows.indexes.map((row) => toIndex(row, nameOf)),
    partitionOf: bound ? { schema: given(parentSchema), table: given(parent), bound } : null,
    partitionKey: partitionKey ?? null,
  };
}

function toColumns(rows: TableRows, types: TypeNames): CatalogColumn[] {
  const defaults = new Map(rows.defaults.map((row) => [row[1], row[2] ?? null]));
  const comments = new Map(rows.comments.map((row) => [row[1], row[2] ?? null]));
  return rows.columns.map((row) => {
    const [, position, name, , , notNull, identity, generated] = row;
    const expression = defaults.get(position) ?? null;
    return {
      name: given(name),
      type: types.nameOf(row),
      nullable: notNull !== 't',
      default: generated ? null : expression,
      comment: comments.get(position) ?? null,
      generated: generated
        ? { kind: generated === 'v' ? 'virtual' : 'stored', expression: given(expression) }
        : null,
      identity: identity ? (identity === 'a' ? 'always' : 'by default') : null,
    };
  });
}

function toReference(row: Row): Omit<CatalogForeignKey, 'name' | 'columns'> {
  const [, , , , schema, table, columns, onUpdate, onDelete] = row;
  return {
    referencedSchema: given(schema),
    referencedTable: given(table),
    referencedColumns: parseNames(columns),
    onUpdate: given(actions[given(onUpdate)]),
    onDelete: given(actions[given(onDelete)]),
  };
}

function toIndex(row: Row, nameOf: ReadonlyMap<string, string>): CatalogIndex {
  const [, name, unique, method, positions, options, keyCount, expressions, predicate] = row;
  const all = integers(positions);
  const flags = integers(options);
  const written = expressions ? parseNames(expressions) : [];
  const keys = all.slice(0, Number(keyCount));
  return {
    name: given(name),
    unique: unique === 't',
    method: given(method),
    columns: keys.map((position, n) => ({
      name: position === '0' ? null : given(nameOf.get(position)),
      expression: position === '0' ? given(written.shift()) : null,
      // INDOPTION_DESC in PostgreSQL's catalog/pg_index.h.
      descending: (Number(flags[n]) & 1) === 1,
    })),
    includes: all.slice(keys.length).map((position) => given(nameOf.get(position))),
    predicate: predicate ?? null,
  };
}

/** The server has no estimate before the first ANALYZE: -1 from PostgreSQL 14 on, 0 before. */
function toEstimate(reltuples: string | null | undefined): number | null {
  const estimate = Number(reltuples ?? -1);
  return estimate >= 0 ? estimate : null;
}

/** The columns of an int2[] of positions, such as `{1,2}`, in its order. */
function namesIn(
  positions: string | null | undefined,
  nameOf: ReadonlyMap<string, string>,
): string[] {
  return integers(positions).map((position) => given(nameOf.get(position)));
}

function integers(text: string | null | undefined): string[] {
  return given(text).match(/-?\d+/g) ?? [];
}

function parseNames(json: string | null | undefined): string[] {
  try {
    return Names.parse(JSON.parse(given(json)));
  } catch {
    throw new ConnectionFailure('PROTOCOL_ERROR');
  }
}
