import { pageOf } from '../../paging.ts';
import { dataSourceProcedure, router } from '../../trpc.ts';
import { ListTables, Table } from './contract.ts';
import { listTables } from './list-tables.ts';

export const catalog = router({
  listTables: dataSourceProcedure
    .meta({
      summary: 'List the tables of a data source, whole, by schema and name',
      permission: 'data-sources:read',
      rest: {
        public: 'GET /organizations/{orgId}/data-sources/{id}/tables',
        v1: 'GET /tables?data_source_id={id}',
        keyed: 'GET /data-sources/{id}/tables',
      },
      tag: 'Data Sources',
    })
    .input(ListTables)
    .output(pageOf(Table))
    .query(({ ctx, input }) => listTables(ctx, input)),
});
