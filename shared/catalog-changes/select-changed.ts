import { sql, type RawBuilder } from 'kysely';
import type { EntityManager } from '../db/orm.ts';
import { isShown } from './is-shown.ts';
import { isBehind, placeOrder, type Place } from './place.ts';
import type { Definition } from './definition.ts';

/** A table that has changed since a moment, with what it was and what it is at another. */
export interface ChangedRow {
  readonly table_id: string;
  readonly schema_name: string;
  readonly name: string;
  /** Null when it was not there at `from`. */
  readonly before: Definition | null;
  /** Null when it was not there at `to`. */
  readonly after: Definition | null;
  /** Why it is not there at `to`, when not because the database has it no more. */
  readonly end_reason: 'deselected' | null;
}

interface Between {
  readonly dataSourceId: string;
  readonly from: Date;
  readonly to: Date;
  readonly withoutSchemas: readonly string[];
  readonly includeHidden: boolean;
  readonly after: Place | undefined;
  readonly limit: number;
}

/**
 * The next tables, in the order of lists, of which a version began or ended between two moments: also
 * those that are by now what they were. The versions of a moment are looked up for these alone, so
 * that a page costs a page however much has changed.
 */
export async function selectChanged(em: EntityManager, between: Between): Promise<ChangedRow[]> {
  const [from, to] = [between.from.toISOString(), between.to.toISOString()];
  const { limit } = between;
  const next = versionsOf(from, to).map(
    (versions) => sql`(
      select t.table_id, t.schema_name, t.name from catalog_table t
      where ${versions} and ${conditionsOf(between)}
      order by ${placeOrder} limit ${limit})`,
  );
  const { rows } = await sql<ChangedRow>`
    select t.*, was.definition as before, is_now.definition as after, gone.end_reason
    from (
      select * from (${sql.join(next, sql` union `)}) t
      order by ${placeOrder} limit ${limit}) t
    left join lateral (${versionAt(from)}) was on true
    left join lateral (${versionAt(to)}) is_now on true
    left join lateral (${lastEnded(to)}) gone on is_now.definition is null
    order by ${placeOrder}`.execute(em.getKysely());
  return rows;
}

/** What a change leaves: a version of the later moment that began since, or one that ended since. */
const versionsOf = (from: string, to: string): RawBuilder<unknown>[] => [
  sql`t.valid_to is null and t.valid_from > ${from} and t.valid_from <= ${to}`,
  sql`t.valid_to > ${to} and t.valid_from > ${from} and t.valid_from <= ${to}`,
  sql`t.valid_to > ${from} and t.valid_to <= ${to} and t.valid_from <= ${from}`,
];

const lastEnded = (at: string) => sql`
  select v.end_reason from catalog_table v
  where v.table_id = t.table_id and v.valid_to <= ${at}
  order by v.valid_from desc limit 1`;

const versionAt = (at: string) => sql`
  select v.definition from catalog_table v
  where v.table_id = t.table_id and v.valid_from <= ${at}
    and (v.valid_to is null or v.valid_to > ${at})`;

function conditionsOf(between: Between): RawBuilder<unknown> {
  const { dataSourceId, after } = between;
  const behind = after ? isBehind(after) : sql`true`;
  return sql`t.data_source_id = ${dataSourceId} and ${isShown(between)} and ${behind}`;
}
