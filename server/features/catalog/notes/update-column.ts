import { columnId } from '../../../../shared/ids.ts';
import { notFound } from '../../../../shared/errors.ts';
import type { Column, Table, UpdateColumn } from '../contract.ts';
import { getTable } from '../get-table.ts';
import { saveNote, type NoteContext } from './save-note.ts';

/** Changes what is said of a column. */
export async function updateColumn(ctx: NoteContext, input: UpdateColumn): Promise<Column> {
  const { orgId, id, tableId, column: name, ...changes } = input;
  const seen = { orgId, id, tableId, includeHidden: ctx.role === 'ADMIN' };
  columnOf(await getTable(ctx, seen), name);
  const noteId = columnId(tableId, name);
  const subject = { id: noteId, orgId, dataSourceId: id, kind: 'column', tableId, name } as const;
  await saveNote(ctx, subject, changes);
  return columnOf(await getTable(ctx, seen), name);
}

function columnOf({ columns }: Table, name: string): Column {
  const column = columns.find((one) => one.name === name);
  if (!column) throw notFound('Column');
  return column;
}
