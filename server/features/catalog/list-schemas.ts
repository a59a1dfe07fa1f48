import { sql } from 'kysely';
import { invalidField } from '../../../shared/errors.ts';
import type { Role } from '../../../shared/roles.ts';
import type { CallerContext } from '../../context.ts';
import { toPage } from '../../paging/paging.ts';
import type { ListSchemas, Schema } from './contract.ts';
import { assertAdmin } from './notes/assert-admin.ts';

export interface SchemaRow {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly custom_ai_context: string | null;
  readonly is_hidden: boolean | null;
}

/** The schemas of a data source that have tables, by name. */
export async function listSchemas(
  ctx: Pick<CallerContext, 'em'> & { readonly role: Role },
  { id, includeHidden = false, cursor, limit }: ListSchemas,
) {
  if (includeHidden) assertAdmin(ctx.role);
  const db = ctx.em.getKysely();
  const after = cursor === undefined ? sql`` : await behind(ctx, id, cursor);
  const { rows } = await sql<SchemaRow>`
    select s.id, s.name, n.description, n.custom_ai_context, n.is_hidden
    from catalog_schema s left join catalog_note n on n.id = s.id
    where s.data_source_id = ${id} ${after}
      and (${includeHidden} or n.is_hidden is not true)
      and exists (
        select from catalog_table t
        where t.data_source_id = s.data_source_id and t.valid_to is null and t.schema_name = s.name
          and left(t.schema_name, 400) collate "C" = left(s.name, 400))
    order by left(s.name, 400) collate "C", s.id
    limit ${limit + 1}`.execute(db);
  return toPage(rows, limit, toSchema);
}

async function behind(ctx: Pick<CallerContext, 'em'>, dataSourceId: string, cursor: string) {
  const { rows } = await sql<{ name: string }>`
    select name from catalog_schema
    where id = ${cursor} and data_source_id = ${dataSourceId}`.execute(ctx.em.getKysely());
  const [row] = rows;
  if (!row) throw invalidField('cursor', 'Not the id of a schema in this list');
  return sql`
    and (left(s.name, 400) collate "C", s.id) > (left(${row.name}::text, 400), ${cursor}::text)`;
}

export function toSchema(row: SchemaRow): Schema {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    customAiContext: row.custom_ai_context,
    isHidden: row.is_hidden ?? false,
  };
}
