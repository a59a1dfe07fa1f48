/** What a change does to those who rely on the schema. */
export const impacts = ['additive', 'risky', 'breaking'] as const;

export type Impact = (typeof impacts)[number];

interface Rule {
  readonly impact: Impact;
  /** Why, told to people. */
  readonly reason: string;
}

/**
 * Every way in which a table can differ between two moments. Additive: what worked goes on working
 * and means the same. Risky: it goes on for most, depending on data or on how they do it. Breaking:
 * who used it before fails now.
 */
export const changeRules = {
  'table.added': { impact: 'additive', reason: 'Nothing relies on it yet' },
  'table.removed': { impact: 'breaking', reason: 'Queries that name it fail' },
  'table.deselected': {
    impact: 'additive',
    reason:
      'The patterns of the data source leave it out now: nobody looked whether it is still there',
  },
  'table.kind_changed': {
    impact: 'risky',
    reason: 'Reading goes on, writing and refreshing may not',
  },
  'table.comment_changed': { impact: 'additive', reason: 'Comments are for people' },
  'table.partition_changed': {
    impact: 'risky',
    reason: 'Rows may have become visible in, or may have gone from, the partitioned table',
  },
  'table.partition_key_changed': {
    impact: 'risky',
    reason: 'Results are the same, the cost of queries is not',
  },

  'column.added': { impact: 'additive', reason: 'Writers that do not name it go on' },
  'column.added_required': {
    impact: 'risky',
    reason: 'NOT NULL without a default: inserts that do not name it fail',
  },
  'column.removed': {
    impact: 'breaking',
    reason: 'Queries that name it fail; a rename is a removal and an addition',
  },
  'column.type_widened': {
    impact: 'risky',
    reason: 'Every former value fits, but readers may meet values larger than they can hold',
  },
  'column.type_changed': {
    impact: 'breaking',
    reason: 'Values, comparisons or inserts that were right before may fail or mean something else',
  },
  'column.required': {
    impact: 'risky',
    reason: 'NOT NULL was set: writers that leave it empty fail',
  },
  'column.optional': {
    impact: 'risky',
    reason: 'NOT NULL was dropped: readers may meet nulls they never saw',
  },
  'column.default_added': {
    impact: 'additive',
    reason: 'It only counts where no value was given',
  },
  'column.default_changed': {
    impact: 'risky',
    reason: 'Rows written without a value get another one',
  },
  'column.default_removed': {
    impact: 'risky',
    reason: 'Rows written without a value get none, or are refused',
  },
  'column.generated_added': {
    impact: 'breaking',
    reason: 'It is computed now: writers that set it fail',
  },
  'column.generated_changed': { impact: 'risky', reason: 'It is computed in another way' },
  'column.generated_removed': {
    impact: 'risky',
    reason: 'It is no longer computed: whoever writes has to set it',
  },
  'column.identity_changed': {
    impact: 'risky',
    reason: 'Who may choose the value, and who has to, is different now',
  },
  'column.comment_changed': { impact: 'additive', reason: 'Comments are for people' },
  'columns.reordered': {
    impact: 'risky',
    reason: 'Inserts and readers that go by position meet other columns',
  },

  'primary_key.added': { impact: 'risky', reason: 'Duplicates and nulls are refused now' },
  'primary_key.changed': {
    impact: 'breaking',
    reason: 'What identified a row no longer does; upserts and replication rely on it',
  },
  'primary_key.renamed': { impact: 'risky', reason: 'Statements that name the constraint fail' },
  'primary_key.removed': {
    impact: 'breaking',
    reason: 'Nothing identifies a row; upserts and replication rely on it',
  },
  'unique_key.added': { impact: 'risky', reason: 'Duplicates are refused now' },
  'unique_key.changed': {
    impact: 'breaking',
    reason: 'Upserts on the former columns fail, and joins on them may return more rows',
  },
  'unique_key.removed': {
    impact: 'breaking',
    reason: 'Upserts on its columns fail, and joins on them may return more rows',
  },
  'foreign_key.added': { impact: 'risky', reason: 'Values without a counterpart are refused now' },
  'foreign_key.changed': {
    impact: 'risky',
    reason: 'Other values are refused, or deletes and updates reach further or less far',
  },
  'foreign_key.removed': {
    impact: 'risky',
    reason: 'Values without a counterpart can appear, and deletes no longer follow',
  },
  'check.added': { impact: 'risky', reason: 'Values that were allowed may be refused' },
  'check.changed': { impact: 'risky', reason: 'Other values are allowed than before' },
  'check.removed': { impact: 'risky', reason: 'Readers may meet values they never saw' },
  'index.added': { impact: 'additive', reason: 'Results stay the same' },
  'index.added_unique': { impact: 'risky', reason: 'Duplicates are refused now' },
  'index.changed': { impact: 'risky', reason: 'Queries that were fast may be slow' },
  'index.changed_unique': {
    impact: 'breaking',
    reason: 'What was unique may no longer be: upserts fail, and joins may return more rows',
  },
  'index.removed': { impact: 'risky', reason: 'Queries that were fast may be slow' },
  'index.removed_unique': {
    impact: 'breaking',
    reason: 'What was unique may no longer be: upserts fail, and joins may return more rows',
  },
} as const satisfies Record<string, Rule>;

export type ChangeRule = keyof typeof changeRules;

/** The gravest of some impacts; additive when there is none. */
export function gravest(of: readonly Impact[]): Impact {
  return impacts[Math.max(0, ...of.map((impact) => impacts.indexOf(impact)))] ?? 'additive';
}
