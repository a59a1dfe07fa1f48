import { sql, type RawBuilder } from 'kysely';
import type { EntityManager } from '../../../../shared/db/orm.ts';
import { isShown } from '../tables/is-shown.ts';
import { isBehind, placeOrder, type Place } from '../tables/place.ts';
import type { Definition } from '../tables/select-tables.ts';

/** A table that differs between two moments. */
export interface ChangedRow {
  readonly table_id: string;
  readonly schema_name: string;
  readonly name: string;
  /** Null when it was not there at `from`. */
  readonly before: Definition | null;
  /** Null when it was not there at `to`. */
  readonly after: Definition | null;
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
 * Tables whose version at `to` is not the one at `from`, in the order of lists. Each is found by one
 * version alone: by the one at `to` if that began since `from`, else by the one at `from`, which
 * ended; so pages of three indexes in that order are merged.
 */
export async function selectChanged(em: EntityManager, between: Between): Promise<ChangedRow[]> {
  const [from, to] = [between.from.toISOString(), between.to.toISOString()];
  const conditions = conditionsOf(between);
  const { limit } = between;
  const begun = (version: RawBuilder<unknown>) => sql`
    select ${names}, b.definition as before, t.definition as after
    from catalog_table t left join ${versionAt(from)} b on true
    where ${version} and t.valid_from > ${from} and t.valid_from <= ${to} and ${conditions}
      and b.hash is distinct from t.hash
    order by ${placeOrder} limit ${limit}`;
  const { rows } = await sql<ChangedRow>`
    select ${names}, before, after from (
      (${begun(sql`t.valid_to is null`)})
      union all
      (${begun(sql`t.valid_to > ${to}`)})
      union all
      (select ${names}, t.definition as before, null as after
       from catalog_table t left join ${versionAt(to)} a on true
       where t.valid_from <= ${from} and t.valid_to > ${from} and t.valid_to <= ${to}
         and ${conditions} and a.hash is null
       order by ${placeOrder} limit ${limit})) t
    order by ${placeOrder} limit ${limit}`.execute(em.getKysely());
  return rows;
}

const names = sql`t.table_id, t.schema_name, t.name`;

const versionAt = (at: string) => sql`lateral (
  select v.definition, v.hash from catalog_table v
  where v.table_id = t.table_id and v.valid_from <= ${at}
    and (v.valid_to is null or v.valid_to > ${at}))`;

function conditionsOf(between: Between): RawBuilder<unknown> {
  const { dataSourceId, after } = between;
  const behind = after ? isBehind(after) : sql`true`;
  return sql`t.data_source_id = ${dataSourceId} and ${isShown(between)} and ${behind}`;
}
