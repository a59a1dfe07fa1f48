import type { CatalogColumn, CatalogTable } from '../../../../shared/catalog.ts';
import { integer } from '../../integer.ts';
import type { Row } from '../../ordered-rows.ts';
import { type ConstraintRows, toConstraints } from './constraints.ts';
import { type TableFacts, toFacts } from './facts.ts';
import { given } from './given.ts';
import { toIndexes } from './indexes.ts';
import { typeText } from './type-text.ts';

interface TableRows extends ConstraintRows {
  readonly columns: readonly Row[];
  readonly facts: readonly Row[];
  readonly indexes: readonly Row[];
  readonly indexColumns: readonly Row[];
}

/**
 * Puts a table together from rows as statements.ts has them.
 * Throws PROTOCOL_ERROR for rows that Oracle would not send.
 */
export function toCatalogTable(schema: string, table: Row, rows: TableRows): CatalogTable {
  const [name, type, estimate, partitioned] = table;
  const facts = toFacts(rows.facts);
  return {
    schema,
    name: given(name),
    kind: kindOf(given(type), partitioned === 'YES', facts),
    comment: facts.comment,
    rowEstimate: estimate ? integer(estimate) : null,
    columns: rows.columns.map((row) => toColumn(row, facts)),
    ...toConstraints(rows),
    indexes: toIndexes(rows.indexes, rows.indexColumns),
    // Partitions are no tables of their own in Oracle.
    partitionOf: null,
    partitionKey: facts.partitionKey,
  };
}

function kindOf(type: string, isPartitioned: boolean, facts: TableFacts): CatalogTable['kind'] {
  if (facts.isMaterialized) return 'materialized view';
  if (type === 'VIEW') return 'view';
  if (facts.isExternal) return 'foreign table';
  return isPartitioned ? 'partitioned table' : 'table';
}

function toColumn(row: Row, facts: TableFacts): CatalogColumn {
  const [, name, type, owner, modifier, bytes, characters, measure, precision, scale, ...rest] =
    row.map((field) => field ?? null);
  const [nullable, virtual, identity, definition] = rest;
  // Kept as it was written, up to the comma or line behind it.
  const expression = definition?.trim() ?? '';
  const column = given(name);
  const isVirtual = virtual === 'YES';
  const isIdentity = identity === 'YES';
  return {
    name: column,
    type: typeText({
      name: given(type),
      owner: owner ?? null,
      modifier: modifier ?? null,
      bytes: bytes ?? null,
      characters: characters ?? null,
      measure: measure ?? null,
      precision: precision ?? null,
      scale: scale ?? null,
    }),
    nullable: nullable === 'Y',
    // The default of an identity is its sequence, whose name the server has made up.
    default: isVirtual || isIdentity ? null : expression || null,
    comment: facts.columnComments.get(column) || null,
    generated: isVirtual ? { kind: 'virtual', expression } : null,
    identity: isIdentity ? (facts.identities.get(column) ?? 'always') : null,
  };
}
