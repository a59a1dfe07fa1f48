import { sql } from 'kysely';
import { invalidField } from '../../../shared/errors.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import type { Role } from '../../../shared/roles.ts';
import type { CallerContext } from '../../context.ts';
import { toPage } from '../../paging.ts';
import { changeRules, gravest } from './changes/change-rules.ts';
import type { ListChanges, TableChange } from './changes/contract.ts';
import { diffTables } from './changes/diff-tables.ts';
import { selectChanged, type ChangedRow } from './changes/select-changed.ts';
import { assertAdmin } from './notes/assert-admin.ts';
import { conceal } from './notes/conceal.ts';
import { readHiddenSchemas } from './notes/read-hidden-schemas.ts';
import { readNotes, type Notes } from './notes/read-notes.ts';
import { knownMoment } from './tables/moment.ts';
import { placeOf, type Place } from './tables/place.ts';

/**
 * How the catalog of a data source at `to` differs from the one at `from`, table by table: what came
 * and went again between them is no difference.
 */
export async function listChanges(
  ctx: Pick<CallerContext, 'em' | 'clock'> & { readonly role: Role },
  input: ListChanges,
) {
  const { id, cursor, limit, includeHidden = false } = input;
  if (includeHidden) assertAdmin(ctx.role);
  const from = await knownMoment(ctx.em, id, 'from', input.from);
  const to = input.to === undefined ? ctx.clock.now() : new Date(input.to);
  if (from > to) throw invalidField('from', 'Must not be after `to`');
  const withoutSchemas = includeHidden ? [] : [...(await readHiddenSchemas(ctx.em, id))];
  let after = cursor === undefined ? undefined : await placeOf(ctx.em, sql`${id}`, cursor);
  const found: TableChange[] = [];
  for (;;) {
    const wanted = limit + 1 - found.length;
    const between = { dataSourceId: id, from, to, withoutSchemas, includeHidden, after };
    const rows = await selectChanged(ctx.em, { ...between, limit: wanted });
    const notes = includeHidden ? null : await notesOf(ctx.em, id, rows);
    found.push(...rows.flatMap((row) => toChange(row, notes)));
    // A table of which only what is hidden has changed is passed over, and the page filled up.
    after = placeOfLast(id, rows);
    if (rows.length < wanted || found.length > limit) return toPage(found, limit, (item) => item);
  }
}

function notesOf(em: EntityManager, id: string, rows: readonly ChangedRow[]): Promise<Notes> {
  const definitions = rows.flatMap(({ before, after }) => [before, after]);
  return readNotes(
    em,
    id,
    definitions.filter((definition) => definition !== null),
  );
}

function toChange(row: ChangedRow, notes: Notes | null): TableChange[] {
  const seen = (of: ChangedRow['before']) => (of && notes ? conceal(of, notes) : of);
  const differences = diffTables(seen(row.before), seen(row.after), row.end_reason).map(
    (difference) => ({
      ...difference,
      ...changeRules[difference.rule],
    }),
  );
  if (differences.length === 0) return [];
  const { table_id: id, schema_name: schema, name } = row;
  const change = !row.before ? 'added' : !row.after ? 'removed' : 'changed';
  const impact = gravest(differences.map((difference) => difference.impact));
  return [{ id, schema, name, change, impact, differences }];
}

function placeOfLast(dataSourceId: string, rows: readonly ChangedRow[]): Place | undefined {
  const last = rows.at(-1);
  return (
    last && {
      dataSourceId,
      schema: last.schema_name,
      table: { name: last.name, id: last.table_id },
    }
  );
}
