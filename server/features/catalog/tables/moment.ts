import { sql } from 'kysely';
import { invalidField } from '../../../../shared/errors.ts';
import type { EntityManager } from '../../../../shared/db/orm.ts';
import { isoTime } from '../../../paging/paging.ts';

/**
 * The moment that a field asks for, once it is known that every version of that time is still there.
 * Throws VALIDATION when some were removed by age: the answer would be wrong without looking so.
 */
export async function knownMoment(
  em: EntityManager,
  dataSourceId: string,
  field: string,
  asked: string,
): Promise<Date> {
  const moment = new Date(asked);
  const { rows } = await sql<{ known_since: string | null }>`
    select known_since from catalog_history where data_source_id = ${dataSourceId}`.execute(
    em.getKysely(),
  );
  const since = rows[0]?.known_since ?? null;
  if (since !== null && moment < new Date(isoTime(since))) {
    throw invalidField(field, `The history of this data source begins at ${isoTime(since)}`);
  }
  return moment;
}
