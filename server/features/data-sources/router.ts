import { pageOf } from '../../paging/paging.ts';
import { dataSourceProcedure, organizationProcedure, router } from '../../trpc.ts';
import { approveSshHostKey } from './approve-ssh-host-key.ts';
import {
  ApprovedSshHostKey,
  ApproveSshHostKey,
  CreateDataSource,
  DataSource,
  DataSourceRef,
  DeletedDataSource,
  ListDataSources,
  ListSyncs,
  SyncedTables,
  SyncRef,
  SyncRun,
  UpdateDataSource,
  Verification,
  Verified,
  VerifyDataSource,
} from './contract.ts';
import { DataSourceContext, UpdateDataSourceContext } from './context/contract.ts';
import { getContext } from './context/get-context.ts';
import { updateContext } from './context/update-context.ts';
import { createDataSource } from './create-data-source.ts';
import { deleteDataSource } from './delete-data-source.ts';
import { listDataSources } from './list-data-sources.ts';
import { getSyncedTables } from './get-synced-tables.ts';
import { listSyncs } from './list-syncs.ts';
import { cancelSync } from './syncs/cancel-sync.ts';
import { getSync } from './syncs/get-sync.ts';
import { readDataSource } from './read-data-source.ts';
import { requestSync } from './request-sync.ts';
import { updateDataSource } from './update-data-source.ts';
import { verifyDataSource } from './verify-data-source.ts';

const tag = 'Data Sources';
const all = '/data-sources';
const one = `${all}/{id}` as const;
const within = '/organizations/{orgId}';

export const dataSources = router({
  create: organizationProcedure
    .meta({
      summary: 'Connect a data source',
      permission: 'data-sources:write',
      rest: { public: `POST ${within}${all}`, v1: `POST ${all}`, keyed: `POST ${all}` },
      showsETag: true,
      status: 201,
      tag,
    })
    .input(CreateDataSource)
    .output(DataSource)
    .mutation(({ ctx, input }) => createDataSource(ctx, input)),

  list: organizationProcedure
    .meta({
      summary: 'List data sources',
      permission: 'data-sources:read',
      rest: { public: `GET ${within}${all}`, v1: `GET ${all}`, keyed: `GET ${all}` },
      tag,
    })
    .input(ListDataSources)
    .output(pageOf(DataSource))
    .query(({ ctx, input }) => listDataSources(ctx, input)),

  verify: organizationProcedure
    .meta({
      summary: 'Try a connection without storing it',
      permission: 'data-sources:write',
      rest: { public: `POST ${within}${all}/verify`, v1: `POST ${all}/verify` },
      shows: { public: Verified },
      tag,
    })
    .input(VerifyDataSource)
    .output(Verification)
    .mutation(({ ctx, input }) => verifyDataSource(ctx, input)),

  get: dataSourceProcedure
    .meta({
      summary: 'Get a data source',
      permission: 'data-sources:read',
      rest: { public: `GET ${within}${one}`, v1: `GET ${one}`, keyed: `GET ${one}` },
      showsETag: true,
      tag,
    })
    .input(DataSourceRef)
    .output(DataSource)
    .query(({ ctx, input }) => readDataSource(ctx.em, input)),

  update: dataSourceProcedure
    .meta({
      summary: 'Change a data source',
      permission: 'data-sources:write',
      rest: { public: `PATCH ${within}${one}`, v1: `PATCH ${one}`, keyed: `PATCH ${one}` },
      showsETag: true,
      takesIfMatch: true,
      tag,
    })
    .input(UpdateDataSource)
    .output(DataSource)
    .mutation(({ ctx, input }) => updateDataSource(ctx, input)),

  delete: dataSourceProcedure
    .meta({
      summary: 'Delete a data source',
      permission: 'data-sources:write',
      rest: { public: `DELETE ${within}${one}`, v1: `DELETE ${one}`, keyed: `DELETE ${one}` },
      takesIfMatch: true,
      tag,
    })
    .input(DataSourceRef)
    .output(DeletedDataSource)
    .mutation(({ ctx, input }) => deleteDataSource(ctx, input)),

  requestSync: dataSourceProcedure
    .meta({
      summary: 'Ask for a schema sync now',
      permission: 'data-sources:write',
      rest: { public: `POST ${within}${one}/sync`, v1: `POST ${one}/sync` },
      status: 202,
      tag,
    })
    .input(DataSourceRef)
    .output(SyncRun)
    .mutation(({ ctx, input }) => requestSync(ctx, input)),

  approveSshHostKey: dataSourceProcedure
    .meta({
      summary: "Trust another host key of a data source's SSH server",
      permission: 'data-sources:write',
      rest: { public: `POST ${within}${one}/ssh-host-key`, v1: `POST ${one}/ssh-host-key` },
      tag,
    })
    .input(ApproveSshHostKey)
    .output(ApprovedSshHostKey)
    .mutation(({ ctx, input }) => approveSshHostKey(ctx, input)),

  getSyncedTables: dataSourceProcedure
    .meta({
      summary: 'Get which tables of a data source are synced',
      permission: 'data-sources:read',
      rest: {
        public: `GET ${within}${one}/synced-tables`,
        v1: `GET ${one}/synced-tables`,
        keyed: `GET ${one}/synced-tables`,
      },
      tag,
    })
    .input(DataSourceRef)
    .output(SyncedTables)
    .query(({ ctx, input }) => getSyncedTables(ctx, input)),

  getContext: dataSourceProcedure
    .meta({
      summary: 'Get what an AI is told about a data source',
      permission: 'data-sources:read',
      rest: {
        public: `GET ${within}${one}/context`,
        v1: `GET ${one}/context`,
        keyed: `GET ${one}/context`,
      },
      showsETag: true,
      tag,
    })
    .input(DataSourceRef)
    .output(DataSourceContext)
    .query(({ ctx, input }) => getContext(ctx.em, input)),

  updateContext: dataSourceProcedure
    .meta({
      summary: 'Change what an AI is told about a data source',
      permission: 'data-sources:write',
      rest: {
        public: `PATCH ${within}${one}/context`,
        v1: `PATCH ${one}/context`,
        keyed: `PATCH ${one}/context`,
      },
      showsETag: true,
      takesIfMatch: true,
      tag,
    })
    .input(UpdateDataSourceContext)
    .output(DataSourceContext)
    .mutation(({ ctx, input }) => updateContext(ctx, input)),

  getSync: dataSourceProcedure
    .meta({
      summary: 'Get a sync, and how far it has come',
      permission: 'data-sources:read',
      rest: { public: `GET ${within}${one}/syncs/{syncId}`, v1: `GET ${one}/syncs/{syncId}` },
      tag,
    })
    .input(SyncRef)
    .output(SyncRun)
    .query(({ ctx, input }) => getSync(ctx, input)),

  cancelSync: dataSourceProcedure
    .meta({
      summary: 'Cancel the sync that is pending',
      permission: 'data-sources:write',
      rest: { public: `POST ${within}${one}/sync/cancel`, v1: `POST ${one}/sync/cancel` },
      tag,
    })
    .input(DataSourceRef)
    .output(SyncRun)
    .mutation(({ ctx, input }) => cancelSync(ctx, input)),

  listSyncs: dataSourceProcedure
    .meta({
      summary: 'List the syncs of a data source',
      permission: 'data-sources:read',
      rest: { public: `GET ${within}${one}/syncs`, v1: `GET ${one}/syncs` },
      tag,
    })
    .input(ListSyncs)
    .output(pageOf(SyncRun))
    .query(({ ctx, input }) => listSyncs(ctx, input)),
});
