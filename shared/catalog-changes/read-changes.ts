import type { EntityManager } from '../db/orm.ts';
import { changeRules, gravest, type Impact } from './change-rules.ts';
import { conceal } from './conceal.ts';
import { diffTables } from './diff-tables.ts';
import type { Difference } from './difference.ts';
import type { Place } from './place.ts';
import { readHiddenSchemas } from './read-hidden-schemas.ts';
import { readNotes, type Notes } from './read-notes.ts';
import { selectChanged, type ChangedRow } from './select-changed.ts';

/** How one table differs between two moments. */
export interface TableChange {
  /** Of the table. */
  readonly id: string;
  readonly schema: string;
  readonly name: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** The gravest of its differences. */
  readonly impact: Impact;
  readonly differences: (Difference & { readonly impact: Impact; readonly reason: string })[];
}

interface Between {
  readonly dataSourceId: string;
  readonly from: Date;
  readonly to: Date;
  readonly includeHidden: boolean;
  readonly after?: Place | undefined;
}

/**
 * The next changes of a catalog between two moments, table by table in the order of lists, as many as
 * there are up to `atMost`: what came and went again between them is no difference.
 */
export async function readChanges(
  em: EntityManager,
  { dataSourceId: id, includeHidden, after: start, ...moments }: Between,
  atMost: number,
): Promise<TableChange[]> {
  const withoutSchemas = includeHidden ? [] : [...(await readHiddenSchemas(em, id))];
  let after = start;
  const found: TableChange[] = [];
  for (;;) {
    const limit = atMost - found.length;
    const between = { dataSourceId: id, ...moments, withoutSchemas, includeHidden, after };
    const rows = await selectChanged(em, { ...between, limit });
    const notes = includeHidden ? null : await notesOf(em, id, rows);
    found.push(...rows.flatMap((row) => toChange(row, notes)));
    // A table of which only what is hidden has changed is passed over, and the page filled up.
    after = placeOfLast(id, rows);
    if (rows.length < limit || found.length >= atMost) return found;
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
