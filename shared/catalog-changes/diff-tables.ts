import type { CatalogIndex } from '../catalog.ts';
import type { Definition } from './definition.ts';
import type { ChangeRule } from './change-rules.ts';
import { diffColumns } from './diff-columns.ts';
import type { Difference } from './difference.ts';
import { pairByName } from './pair.ts';

/**
 * How a table differs between two definitions: nothing exactly when they say the same, in whatever
 * order they list keys, checks and indexes. Null stands for a table that was not there, at the end
 * because of `endReason`.
 */
export function diffTables(
  before: Definition | null,
  after: Definition | null,
  endReason: 'deselected' | null = null,
): Difference[] {
  if (!before) return after ? [whole('table.added', null, after.kind)] : [];
  if (!after) return [whole(`table.${endReason ?? 'removed'}`, before.kind, null)];
  return [
    ...diffWhole(before, after),
    ...diffColumns(before.columns, after.columns),
    ...diffPrimaryKey(before.primaryKey, after.primaryKey),
    ...diffNamed(before.uniqueKeys, after.uniqueKeys, textOfKey, rules('unique_key')),
    ...diffNamed(before.foreignKeys, after.foreignKeys, textOfForeignKey, rules('foreign_key')),
    ...diffNamed(before.checks, after.checks, ({ expression }) => expression, rules('check')),
    ...diffNamed(before.indexes, after.indexes, textOfIndex, {
      added: ({ unique }) => (unique ? 'index.added_unique' : 'index.added'),
      changed: ({ unique }) => (unique ? 'index.changed_unique' : 'index.changed'),
      removed: ({ unique }) => (unique ? 'index.removed_unique' : 'index.removed'),
    }),
  ];
}

const whole = (rule: ChangeRule, before: string | null, after: string | null): Difference => ({
  ...{ rule, before, after },
  name: null,
});

function diffWhole(before: Definition, after: Definition): Difference[] {
  return [
    whole('table.kind_changed', before.kind, after.kind),
    whole('table.comment_changed', before.comment, after.comment),
    whole('table.partition_changed', textOfPartition(before), textOfPartition(after)),
    whole('table.partition_key_changed', before.partitionKey, after.partitionKey),
  ].filter((difference) => difference.before !== difference.after);
}

function diffPrimaryKey(
  before: Definition['primaryKey'],
  after: Definition['primaryKey'],
): Difference[] {
  const [from, to] = [before && textOfKey(before), after && textOfKey(after)];
  const of = (rule: ChangeRule, was: string | null, is: string | null): Difference[] =>
    was === is ? [] : [{ rule, name: (after ?? before)?.name ?? null, before: was, after: is }];
  if (!before) return of('primary_key.added', from, to);
  if (!after) return of('primary_key.removed', from, to);
  return [
    ...of('primary_key.changed', from, to),
    ...of('primary_key.renamed', before.name, after.name),
  ];
}

interface Rules<T> {
  /** Told by what is new. */
  readonly added: (item: T) => ChangeRule;
  /** Told by what was. */
  readonly changed: (item: T) => ChangeRule;
  readonly removed: (item: T) => ChangeRule;
}

const rules = <Of extends 'unique_key' | 'foreign_key' | 'check'>(of: Of) => ({
  added: () => `${of}.added` as const,
  changed: () => `${of}.changed` as const,
  removed: () => `${of}.removed` as const,
});

function diffNamed<T extends { readonly name: string }>(
  before: readonly T[],
  after: readonly T[],
  textOf: (item: T) => string,
  { added, changed, removed }: Rules<T>,
): Difference[] {
  const pairs = pairByName(before, after);
  const of = (rule: ChangeRule, was: T | null, is: T | null): Difference => ({
    ...{ rule, name: (is ?? was)?.name ?? null },
    ...{ before: was && textOf(was), after: is && textOf(is) },
  });
  return [
    ...pairs.removed.map((item) => of(removed(item), item, null)),
    ...pairs.added.map((item) => of(added(item), null, item)),
    ...pairs.kept
      .filter((pair) => textOf(pair.before) !== textOf(pair.after))
      .map((pair) => of(changed(pair.before), pair.before, pair.after)),
  ];
}

// Names are quoted, so that no two different things read the same.
const list = (names: readonly string[]): string =>
  `(${names.map((name) => JSON.stringify(name)).join(', ')})`;

const textOfKey = ({ columns }: { columns: readonly string[] }): string => list(columns);

function textOfForeignKey(key: Definition['foreignKeys'][number]): string {
  const target = `${JSON.stringify(key.referencedSchema)}.${JSON.stringify(key.referencedTable)}`;
  const actions = `on update ${key.onUpdate} on delete ${key.onDelete}`;
  return `${list(key.columns)} references ${target} ${list(key.referencedColumns)} ${actions}`;
}

function textOfIndex(index: CatalogIndex): string {
  const columns = index.columns.map(({ name, expression, descending }) => {
    const key = name === null ? `expression ${JSON.stringify(expression)}` : JSON.stringify(name);
    return descending ? `${key} desc` : key;
  });
  return [
    ...(index.unique ? ['unique'] : []),
    ...[JSON.stringify(index.method), `(${columns.join(', ')})`],
    ...(index.includes.length > 0 ? [`include ${list(index.includes)}`] : []),
    ...(index.predicate === null ? [] : [`where ${JSON.stringify(index.predicate)}`]),
  ].join(' ');
}

function textOfPartition({ partitionOf }: Definition): string | null {
  if (!partitionOf) return null;
  const { schema, table, bound } = partitionOf;
  return `${JSON.stringify(schema)}.${JSON.stringify(table)} ${bound}`;
}
