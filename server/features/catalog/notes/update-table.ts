import type { Table, UpdateTable } from '../contract.ts';
import { getTable } from '../get-table.ts';
import { saveNote, type NoteContext } from './save-note.ts';

/** Changes what is said of a table. */
export async function updateTable(ctx: NoteContext, input: UpdateTable): Promise<Table> {
  const { orgId, id, tableId, ...changes } = input;
  const includeHidden = ctx.role === 'ADMIN';
  const { name } = await getTable(ctx, { orgId, id, tableId, includeHidden });
  const subject = { id: tableId, orgId, dataSourceId: id, kind: 'table', tableId, name } as const;
  await saveNote(ctx, subject, changes);
  return getTable(ctx, { orgId, id, tableId, includeHidden });
}
