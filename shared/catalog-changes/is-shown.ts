import { sql, type RawBuilder } from 'kysely';

interface Hiding {
  readonly includeHidden: boolean;
  /** Schemas whose tables are left out. */
  readonly withoutSchemas: readonly string[];
}

/** True for the tables `t` that are neither hidden themselves nor in a schema to leave out. */
export function isShown({ includeHidden, withoutSchemas }: Hiding): RawBuilder<unknown> {
  if (includeHidden) return sql`true`;
  const outside =
    withoutSchemas.length === 0 ? sql`true` : sql`t.schema_name <> all (${withoutSchemas}::text[])`;
  return sql`${outside} and not exists (
    select from catalog_note n where n.id = t.table_id and n.is_hidden)`;
}
