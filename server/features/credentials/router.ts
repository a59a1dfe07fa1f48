import { pageOf } from '../../paging.ts';
import { organizationProcedure, router } from '../../trpc.ts';
import { Credential, ListCredentials } from './contract.ts';
import { listCredentials } from './list-credentials.ts';

const tag = 'Credentials';

export const credentials = router({
  list: organizationProcedure
    .meta({
      summary: 'List masked credentials',
      permission: 'credentials:read',
      rest: { v1: 'GET /credentials', keyed: 'GET /credentials' },
      tag,
    })
    .input(ListCredentials)
    .output(pageOf(Credential))
    .query(({ ctx, input }) => listCredentials(ctx, input)),
});
