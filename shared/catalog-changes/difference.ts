import type { ChangeRule } from './change-rules.ts';

/** One way in which a table differs between two moments. */
export interface Difference {
  readonly rule: ChangeRule;
  /** Of the column, key, check or index; null when it is about the whole table. */
  readonly name: string | null;
  /** What was and what is, as text; null where there is nothing. */
  readonly before: string | null;
  readonly after: string | null;
}
