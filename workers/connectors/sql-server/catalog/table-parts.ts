import type {
  CatalogColumn,
  CatalogForeignKey,
  CatalogIndex,
  CatalogTable,
} from '../../../../shared/catalog.ts';
import { given } from '../../given.ts';
import { integer } from '../../integer.ts';
import type { Row } from '../../ordered-rows.ts';
import type { PartName } from './statements.ts';
import { typeText } from './type-text.ts';

type TableRows = { readonly [part in PartName]: readonly Row[] };

/**
 * Puts a table together from rows as statements.ts has them.
 * Throws PROTOCOL_ERROR for rows that SQL Server would not send.
 */
export function toCatalogTable(table: Row, rows: TableRows): CatalogTable {
  const [, schema, name, type, comment, estimate, external, clustered, partitionColumn] = table;
  const isView = given(type).trim() === 'V';
  const indexes = grouped(rows.indexes);
  const primary = indexes.find(([first]) => first?.[4] === '1');
  const kind = isView
    ? clustered === '1'
      ? 'materialized view'
      : 'view'
    : external === '1'
      ? 'foreign table'
      : partitionColumn
        ? 'partitioned table'
        : 'table';
  return {
    schema: given(schema),
    name: given(name),
    kind,
    comment: comment || null,
    rowEstimate: estimate ? integer(estimate) : null,
    columns: rows.columns.map(toColumn),
    primaryKey: primary ? toKey(primary) : null,
    uniqueKeys: indexes.filter(([first]) => first?.[5] === '1').map(toKey),
    foreignKeys: grouped(rows.foreignKeys).map(toForeignKey),
    // Without the right to see definitions there is nothing to say of a check.
    checks: rows.checks.flatMap(([, check, definition]) =>
      definition ? [{ name: given(check), expression: definition }] : [],
    ),
    indexes: indexes.map(toIndex),
    partitionOf: null,
    // SQL Server partitions by ranges of one column, and by nothing else.
    partitionKey: partitionColumn && !isView ? `RANGE (${quoted(partitionColumn)})` : null,
  };
}

function toColumn(row: Row): CatalogColumn {
  const [, , name, typeName, typeSchema, length, precision, scale, ...rest] = row;
  const [nullable, expression, comment, computed, persisted, identity] = rest;
  // Whether there is an expression at all is known without the right to see it.
  const isComputed = persisted === '0' || persisted === '1';
  return {
    name: given(name),
    type: typeText({
      name: given(typeName),
      schema: typeSchema ?? null,
      maxLength: integer(given(length)),
      precision: integer(given(precision)),
      scale: integer(given(scale)),
    }),
    nullable: nullable === '1',
    default: expression ?? null,
    comment: comment || null,
    generated: isComputed
      ? { kind: persisted === '1' ? 'stored' : 'virtual', expression: computed ?? '' }
      : null,
    // A value that is given for it is an error, unless the session has switched that off.
    identity: identity === '1' ? 'always' : null,
  };
}

/** Key columns of a constraint's index, in the index's order. */
function toKey(parts: readonly Row[]): { name: string; columns: string[] } {
  return { name: given(parts[0]?.[2]), columns: keyParts(parts).map((part) => given(part[12])) };
}

/** `method` is the engine's own: clustered, nonclustered, nonclustered columnstore, xml, spatial. */
function toIndex(parts: readonly Row[]): CatalogIndex {
  const [, , name, unique, , , method, predicate] = given(parts[0]);
  return {
    name: given(name),
    unique: unique === '1',
    method: given(method).toLowerCase().replaceAll('_', ' '),
    columns: keyParts(parts).map((part) => ({
      name: given(part[12]),
      expression: null,
      descending: part[11] === '1',
    })),
    includes: parts
      .filter(([, , , , , , , , , , included]) => included === '1')
      .map((part) => given(part[12])),
    predicate: predicate ?? null,
  };
}

/** XML and spatial indexes give their columns no place in a key, though they have nothing else. */
function keyParts(parts: readonly Row[]): Row[] {
  const isKeyless = /^(XML|SPATIAL)$/.test(parts[0]?.[6] ?? '');
  return isKeyless ? [...parts] : parts.filter((part) => part[9] !== '0');
}

function toForeignKey(parts: readonly Row[]): CatalogForeignKey {
  const [, name, , , schema, table, , onUpdate, onDelete] = given(parts[0]);
  return {
    name: given(name),
    columns: parts.map((part) => given(part[3])),
    referencedSchema: given(schema),
    referencedTable: given(table),
    referencedColumns: parts.map((part) => given(part[6])),
    onUpdate: given(actions[given(onUpdate)]),
    onDelete: given(actions[given(onDelete)]),
  };
}

const actions: { readonly [rule: string]: CatalogForeignKey['onUpdate'] | undefined } = {
  NO_ACTION: 'no action',
  CASCADE: 'cascade',
  SET_NULL: 'set null',
  SET_DEFAULT: 'set default',
};

/** Rows by their second field, an index or a key; the server has them in their order. */
function grouped(rows: readonly Row[]): Row[][] {
  return [...Map.groupBy(rows, (row) => given(row[1])).values()];
}

function quoted(name: string): string {
  return `[${name.replaceAll(']', ']]')}]`;
}
