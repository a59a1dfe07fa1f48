import { notFound } from '../../../../shared/errors.ts';
import type { Schema, UpdateSchema } from '../contract.ts';
import { readSchema } from '../read-schema.ts';
import { saveNote, type NoteContext } from './save-note.ts';

/** Changes what is said of a schema. */
export async function updateSchema(ctx: NoteContext, input: UpdateSchema): Promise<Schema> {
  const { orgId, id, schemaId, ...changes } = input;
  const { name, isHidden } = await readSchema(ctx.em, id, schemaId);
  if (isHidden && ctx.role !== 'ADMIN') throw notFound('Schema');
  const of = { orgId, dataSourceId: id, tableId: null };
  const subject = { id: schemaId, ...of, kind: 'schema', name } as const;
  await saveNote(ctx, subject, changes);
  return readSchema(ctx.em, id, schemaId);
}
