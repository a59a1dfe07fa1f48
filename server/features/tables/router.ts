import { pageOf } from '../../paging/paging.ts';
import { organizationProcedure, router } from '../../trpc.ts';
import {
  ListManagedTables,
  ManagedTable,
  ManagedTableRef,
  ManageTable,
  RemovedTable,
} from './contract.ts';
import { manageTable } from './manage-table.ts';
import { listTables } from './read-tables.ts';
import { removeTable } from './remove-table.ts';

const tag = 'Groups';
const ofGroup = '/groups/{id}/tables';

export const tables = router({
  create: organizationProcedure
    .meta({
      summary: 'Manage a table of a data source in a group',
      permission: 'groups:write',
      rest: { v1: 'POST /tables' },
      status: 201,
      tag,
    })
    .input(ManageTable)
    .output(ManagedTable)
    .mutation(({ ctx, input }) => manageTable(ctx, input)),

  list: organizationProcedure
    .meta({
      summary: 'List the tables that are managed in a group',
      permission: 'groups:read',
      rest: { v1: `GET ${ofGroup}` },
      tag,
    })
    .input(ListManagedTables)
    .output(pageOf(ManagedTable))
    .query(({ ctx, input }) => listTables(ctx, input)),

  remove: organizationProcedure
    .meta({
      summary: 'Take a table out of a group; the data source keeps it',
      permission: 'groups:write',
      rest: { v1: `DELETE ${ofGroup}/{tableId}` },
      tag,
    })
    .input(ManagedTableRef)
    .output(RemovedTable)
    .mutation(({ ctx, input }) => removeTable(ctx, input)),
});
