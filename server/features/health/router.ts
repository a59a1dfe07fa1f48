import { dataSourceProcedure, router } from '../../trpc.ts';
import { GetHealth, Health } from './contract.ts';
import { getHealth } from './get-health.ts';

export const health = router({
  get: dataSourceProcedure
    .meta({
      summary: 'Get the health of a data source',
      permission: 'data-sources:read',
      rest: {
        public: 'GET /organizations/{orgId}/data-sources/{id}/health',
        v1: 'GET /data-sources/{id}/health',
      },
      tag: 'Data Sources',
    })
    .input(GetHealth)
    .output(Health)
    .query(({ ctx, input }) => getHealth(ctx, input)),
});
