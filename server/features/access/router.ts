import { dataSourceProcedure, router } from '../../trpc.ts';
import { Access, GetAccess, ReplaceAccess } from './contract.ts';
import { getAccess } from './get-access.ts';
import { replaceAccess } from './replace-access.ts';

const tag = 'Data Sources';
const one = '/organizations/{orgId}/data-sources/{id}/access';

export const access = router({
  get: dataSourceProcedure
    .meta({
      summary: 'Get who may use a data source',
      permission: 'data-sources:read',
      rest: { public: `GET ${one}` },
      tag,
    })
    .input(GetAccess)
    .output(Access)
    .query(({ ctx, input }) => getAccess(ctx.em, input)),

  replace: dataSourceProcedure
    .meta({
      summary: 'Replace who may use a data source',
      permission: 'data-sources:write',
      rest: { public: `PUT ${one}` },
      tag,
    })
    .input(ReplaceAccess)
    .output(Access)
    .mutation(({ ctx, input }) => replaceAccess(ctx, input)),
});
