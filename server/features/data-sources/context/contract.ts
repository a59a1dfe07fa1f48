import { z } from 'zod';
import { Id } from '../../../../shared/ids.ts';
import { text } from '../../../../shared/text.ts';

export const UpdateDataSourceContext = z.strictObject({
  orgId: Id,
  id: Id,
  customAiContext: text({ max: 50_000 }).nullable().optional(),
});

/** What people tell an AI about a data source; the object of the contract has no place for it. */
export const DataSourceContext = z
  .object({ customAiContext: z.string().nullable() })
  .meta({ id: 'DataSourceContext' });

export type UpdateDataSourceContext = z.infer<typeof UpdateDataSourceContext>;
export type DataSourceContext = z.infer<typeof DataSourceContext>;
