import { z } from 'zod';
import type {
  CatalogColumn,
  CatalogForeignKey,
  CatalogIndex,
  CatalogTable,
} from '../../../../shared/catalog.ts';
import { ConnectionFailure } from '../../connector.ts';
import type { Row } from '../../ordered-rows.ts';
import { generatedColumns } from './generated-columns.ts';
import { indexMethod, unquote } from './identifiers.ts';

interface Parts {
  readonly columns: readonly Row[];
  readonly constraints: readonly Row[];
  readonly indexes: readonly Row[];
}

/** Puts a table or view together out of the rows of `catalogStatements`. */
export function toCatalogTable(table: Row, parts: Parts): CatalogTable {
  const [schema, name, kind, comment, rows, statement] = table;
  const generated = generatedColumns(statement ?? '');
  const names = new Set(parts.columns.map((row) => text(row[2])));
  const ofType = (type: string): readonly Row[] =>
    parts.constraints.filter((row) => row[2] === type);
  const [primaryKey] = ofType('PRIMARY KEY');
  return {
    schema: text(schema),
    name: text(name),
    kind: kind === 'view' ? 'view' : 'table',
    comment: comment ?? null,
    rowEstimate: rows ? Number(rows) : null,
    columns: parts.columns.map((row, position) => toColumn(row, generated.has(position))),
    primaryKey: primaryKey ? toKey(primaryKey) : null,
    uniqueKeys: ofType('UNIQUE').map(toKey),
    foreignKeys: ofType('FOREIGN KEY').map(toForeignKey),
    checks: ofType('CHECK').map((row) => ({ name: text(row[3]), expression: text(row[7]) })),
    indexes: parts.indexes.map((row) => toIndex(row, names)),
    partitionOf: null,
    partitionKey: null,
  };
}

function toColumn(row: Row, isGenerated: boolean): CatalogColumn {
  const [, , name, type, nullable, expression, comment] = row;
  return {
    name: text(name),
    type: text(type),
    nullable: nullable === 'true',
    default: isGenerated ? null : (expression ?? null),
    comment: comment ?? null,
    // DuckDB has no stored ones.
    generated: isGenerated ? { kind: 'virtual', expression: expression ?? '' } : null,
    identity: null,
  };
}

function toKey(row: Row): { name: string; columns: string[] } {
  return { name: text(row[3]), columns: list(row[4]) };
}

/** A foreign key of DuckDB stays in its schema and has no actions. */
function toForeignKey(row: Row): CatalogForeignKey {
  return {
    ...toKey(row),
    referencedSchema: text(row[0]),
    referencedTable: text(row[5]),
    referencedColumns: list(row[6]),
    onUpdate: 'no action',
    onDelete: 'no action',
  };
}

function toIndex(row: Row, columns: ReadonlySet<string>): CatalogIndex {
  const [, , name, unique, expressions, statement] = row;
  const parts = list(expressions).map((expression) => {
    const column = unquote(expression);
    return columns.has(column)
      ? { name: column, expression: null, descending: false }
      : { name: null, expression, descending: false };
  });
  return {
    name: text(name),
    unique: unique === 'true',
    method: indexMethod(text(statement)),
    columns: parts,
    includes: [],
    predicate: null,
  };
}

const Texts = z.array(z.string());

function list(json: string | null | undefined): string[] {
  try {
    return Texts.parse(JSON.parse(json ?? ''));
  } catch {
    throw new ConnectionFailure('FILE_CORRUPT');
  }
}

function text(value: string | null | undefined): string {
  if (value === null || value === undefined) throw new ConnectionFailure('FILE_CORRUPT');
  return value;
}
