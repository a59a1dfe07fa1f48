import type { Column, Table } from '../contract.ts';
import type { Definition } from '../../../../shared/catalog-changes/definition.ts';
import type { TableRow } from '../tables/select-tables.ts';
import { conceal } from '../../../../shared/catalog-changes/conceal.ts';
import {
  noNote,
  notesOfColumns,
  noteOfTable,
  type Notes,
} from '../../../../shared/catalog-changes/read-notes.ts';

/** A stored table with what people said of it. */
export function toTable(row: TableRow, notes: Notes, includeHidden: boolean): Table {
  const seen = includeHidden ? row.definition : conceal(row.definition, notes);
  return {
    id: row.table_id,
    ...seen,
    rowEstimate: row.row_estimate,
    columns: toColumns(seen, notes),
    ...noteOfTable(notes, row.schema_name, row.name),
  };
}

export function toColumns({ schema, name, columns }: Definition, notes: Notes): Column[] {
  const of = notesOfColumns(notes, schema, name);
  return columns.map((column) => ({ ...column, ...(of?.get(column.name) ?? noNote) }));
}
