import { z } from 'zod';
import { Id } from '../../../shared/ids.ts';
import { pageInput } from '../../paging/paging.ts';

export const ManageTable = z.strictObject({
  orgId: Id,
  groupId: Id,
  /** As the catalog has it. */
  tableId: Id,
});

export const ListManagedTables = z.strictObject({ orgId: Id, id: Id, ...pageInput });
export const ManagedTableRef = z.strictObject({ orgId: Id, id: Id, tableId: Id });

/** A table of a data source in a group. `id` is the table's own, as everywhere. */
export const ManagedTable = z
  .object({
    id: z.string(),
    organizationId: z.string(),
    /** Of the group; null where that is the whole organization's. */
    projectId: z.string().nullable(),
    groupId: z.string(),
    dataSourceId: z.string(),
    schema: z.string(),
    name: z.string(),
    /** False once a sync has found it gone. */
    isPresent: z.boolean(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'ManagedTable' });

export const RemovedTable = z.object({
  groupId: z.string(),
  tableId: z.string(),
  removed: z.boolean().meta({ description: 'Whether it was there.' }),
});

export type ManageTable = z.infer<typeof ManageTable>;
export type ListManagedTables = z.infer<typeof ListManagedTables>;
export type ManagedTableRef = z.infer<typeof ManagedTableRef>;
export type ManagedTable = z.infer<typeof ManagedTable>;
