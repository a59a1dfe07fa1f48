import { z } from 'zod';
import { Id } from '../../../shared/ids.ts';
import { pageInput, pageOf } from '../../paging.ts';
import { organizationProcedure, router } from '../../trpc.ts';
import { ApiKey, ApiKeyRef, CreateApiKey, CreatedApiKey } from './contract.ts';
import { createApiKey } from './create-api-key.ts';
import { listApiKeys } from './list-api-keys.ts';
import { deactivateApiKey, deleteApiKey } from './revoke-api-key.ts';

export const apiKeys = router({
  create: organizationProcedure
    .meta({
      summary: 'Create a bearer key; it is shown once',
      permission: 'api-keys:write',
      status: 201,
    })
    .input(CreateApiKey)
    .output(CreatedApiKey)
    .mutation(({ ctx, input }) => createApiKey(ctx, input)),

  list: organizationProcedure
    .meta({ summary: 'List the keys of an organization', permission: 'api-keys:read' })
    .input(z.strictObject({ orgId: Id, ...pageInput }))
    .output(pageOf(ApiKey))
    .query(({ ctx, input }) => listApiKeys(ctx, input)),

  deactivate: organizationProcedure
    .meta({ summary: 'Refuse a key from now on', permission: 'api-keys:write' })
    .input(ApiKeyRef)
    .output(ApiKey)
    .mutation(({ ctx, input }) => deactivateApiKey(ctx, input)),

  delete: organizationProcedure
    .meta({ summary: 'Delete a key for good', permission: 'api-keys:write' })
    .input(ApiKeyRef)
    .output(z.object({ id: z.string(), deleted: z.literal(true) }))
    .mutation(({ ctx, input }) => deleteApiKey(ctx, input)),
});
