import type { Definition } from './definition.ts';
import { isHidden, notesOfColumns, type Notes } from './read-notes.ts';

/**
 * A definition as somebody sees it from whom things are hidden: without the columns, and without
 * whatever names them or a hidden table. A key without one of its columns would be a lie, so it goes
 * as a whole; an expression goes when the name occurs anywhere in it.
 */
export function conceal(table: Definition, notes: Notes): Definition {
  const columns = hiddenColumns(notes, table.schema, table.name);
  const isVisible = (name: string) => !columns.has(name);
  const areVisible = (names: readonly string[]) => names.every(isVisible);
  const mentions = mentionOf(columns);
  return {
    ...table,
    columns: table.columns
      .filter(({ name }) => isVisible(name))
      .map((column) => {
        const { generated } = column;
        return generated && mentions(generated.expression)
          ? { ...column, generated: { ...generated, expression: '' } }
          : column;
      }),
    primaryKey: table.primaryKey && areVisible(table.primaryKey.columns) ? table.primaryKey : null,
    uniqueKeys: table.uniqueKeys.filter((key) => areVisible(key.columns)),
    foreignKeys: table.foreignKeys.filter(
      (key) => areVisible(key.columns) && isReferenceVisible(key, notes),
    ),
    checks: table.checks.filter(({ expression }) => !mentions(expression)),
    indexes: table.indexes.filter(
      (index) =>
        areVisible(index.includes) &&
        !mentions(index.predicate) &&
        index.columns.every(
          ({ name, expression }) => (name === null || isVisible(name)) && !mentions(expression),
        ),
    ),
    partitionOf:
      table.partitionOf && isHidden(notes, table.partitionOf.schema, table.partitionOf.table)
        ? null
        : table.partitionOf,
    partitionKey: mentions(table.partitionKey) ? null : table.partitionKey,
  };
}

function isReferenceVisible(key: Definition['foreignKeys'][number], notes: Notes): boolean {
  const { referencedSchema: schema, referencedTable: table } = key;
  if (isHidden(notes, schema, table)) return false;
  const hidden = hiddenColumns(notes, schema, table);
  return key.referencedColumns.every((name) => !hidden.has(name));
}

function hiddenColumns(notes: Notes, schema: string, table: string): Set<string> {
  const columns = notesOfColumns(notes, schema, table) ?? [];
  return new Set([...columns].filter(([, note]) => note.isHidden).map(([name]) => name));
}

/** Whether a text names one of them. Rather once too often: expressions are not parsed. */
function mentionOf(columns: ReadonlySet<string>): (text: string | null) => boolean {
  const names = [...columns].map((name) => name.toLowerCase());
  return (text) => {
    if (text === null || names.length === 0) return false;
    const lower = text.toLowerCase();
    return names.some((name) => lower.includes(name));
  };
}
