import type { CatalogTable } from '../../shared/catalog.ts';

/** Rows as text, in an order that no server decides. */
export const inLines = (rows: readonly unknown[]): string[] =>
  rows.map((row) => JSON.stringify(row)).sort();

/** Schema, table and name of every column, as a server of the same tables answers them. */
export const columnLines = (tables: readonly CatalogTable[]): string[] =>
  inLines(
    tables.flatMap(({ schema, name, columns }) => columns.map((c) => [schema, name, c.name])),
  );
