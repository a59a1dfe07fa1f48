import type { CatalogColumn } from '../catalog.ts';
import type { ChangeRule } from './change-rules.ts';
import type { Difference } from './difference.ts';
import { pairByName } from './pair.ts';
import { isWidened } from './type-widening.ts';

/** How the columns of a table differ. Renames cannot be told from a removal and an addition. */
export function diffColumns(
  before: readonly CatalogColumn[],
  after: readonly CatalogColumn[],
): Difference[] {
  const { added, removed, kept } = pairByName(before, after);
  return [
    ...removed.map((column) => difference('column.removed', column.name, column.type, null)),
    ...added.map((column) =>
      difference(
        isRequired(column) ? 'column.added_required' : 'column.added',
        column.name,
        null,
        column.type,
      ),
    ),
    ...kept.flatMap((pair) => diffColumn(pair.before, pair.after)),
    ...diffOrder(before, after),
  ];
}

const isRequired = (column: CatalogColumn): boolean =>
  !column.nullable &&
  column.default === null &&
  column.generated === null &&
  column.identity === null;

function diffColumn(before: CatalogColumn, after: CatalogColumn): Difference[] {
  const { name } = before;
  const found: Difference[] = [];
  const add = (rule: ChangeRule, from: string | null, to: string | null) => {
    if (from !== to) found.push(difference(rule, name, from, to));
  };
  add(
    isWidened(before.type, after.type) ? 'column.type_widened' : 'column.type_changed',
    before.type,
    after.type,
  );
  add(after.nullable ? 'column.optional' : 'column.required', nulls(before), nulls(after));
  add(by('column.default', before.default, after.default), before.default, after.default);
  const [from, to] = [expressionOf(before), expressionOf(after)];
  add(by('column.generated', from, to), from, to);
  add('column.identity_changed', before.identity, after.identity);
  add('column.comment_changed', before.comment, after.comment);
  return found;
}

const nulls = ({ nullable }: CatalogColumn): string => (nullable ? 'NULL' : 'NOT NULL');

const expressionOf = ({ generated }: CatalogColumn): string | null =>
  generated && `${generated.kind}: ${generated.expression}`;

function by<Of extends 'column.default' | 'column.generated'>(
  of: Of,
  before: string | null,
  after: string | null,
): `${Of}_${'added' | 'changed' | 'removed'}` {
  return before === null ? `${of}_added` : after === null ? `${of}_removed` : `${of}_changed`;
}

/** Only the order of those that are in both: an addition in the middle moves nothing by itself. */
function diffOrder(before: readonly CatalogColumn[], after: readonly CatalogColumn[]) {
  const common = (list: readonly CatalogColumn[], other: readonly CatalogColumn[]) => {
    const names = new Set(other.map(({ name }) => name));
    return list.map(({ name }) => name).filter((name) => names.has(name));
  };
  const [from, to] = [common(before, after), common(after, before)];
  const isSame = from.length !== to.length || from.every((name, index) => name === to[index]);
  return isSame ? [] : [difference('columns.reordered', null, from.join(', '), to.join(', '))];
}

function difference(
  rule: ChangeRule,
  name: string | null,
  before: string | null,
  after: string | null,
): Difference {
  return { rule, name, before, after };
}
