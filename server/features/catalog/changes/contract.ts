import { z } from 'zod';
import { Moment, source } from '../contract.ts';
import { pageInput } from '../../../paging/paging.ts';
import {
  changeRules,
  impacts,
  type ChangeRule,
} from '../../../../shared/catalog-changes/change-rules.ts';

export const ListChanges = z.strictObject({
  ...source,
  from: Moment,
  /** Now, when absent. */
  to: Moment.optional(),
  includeHidden: z.boolean().optional(),
  ...pageInput,
});

const ruleNames = Object.keys(changeRules) as [ChangeRule, ...ChangeRule[]];

const Difference = z.object({
  /** What kind of difference it is. */
  rule: z.enum(ruleNames),
  impact: z.enum(impacts),
  /** Why it has this impact. */
  reason: z.string(),
  /** Of the column, key, check or index; null when it is about the whole table. */
  name: z.string().nullable(),
  before: z.string().nullable(),
  after: z.string().nullable(),
});

/** How one table differs between two moments. */
export const TableChange = z
  .object({
    /** Of the table. */
    id: z.string(),
    schema: z.string(),
    name: z.string(),
    change: z.enum(['added', 'removed', 'changed']),
    /** The gravest of its differences. */
    impact: z.enum(impacts),
    differences: z.array(Difference),
  })
  .meta({ id: 'TableChange' });

export type ListChanges = z.infer<typeof ListChanges>;
export type TableChange = z.infer<typeof TableChange>;
