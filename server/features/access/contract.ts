import { z } from 'zod';
import { accessModes } from '../../../shared/db/entities/data-source.entity.ts';
import { Id } from '../../../shared/ids.ts';

const Ids = z
  .array(Id)
  .max(500)
  .transform((given) => [...new Set(given)]);

export const GetAccess = z.strictObject({ orgId: Id, id: Id });

export const ReplaceAccess = z.strictObject({
  orgId: Id,
  id: Id,
  mode: z.enum(accessModes),
  groupIds: Ids.default([]),
  memberIds: Ids.default([]),
});

export const Access = z
  .object({
    dataSourceId: z.string(),
    mode: z.enum(accessModes),
    groupIds: z.array(z.string()),
    memberIds: z.array(z.string()),
  })
  .meta({ id: 'DataSourceAccess' });

export type GetAccess = z.infer<typeof GetAccess>;
export type ReplaceAccess = z.infer<typeof ReplaceAccess>;
export type Access = z.infer<typeof Access>;
