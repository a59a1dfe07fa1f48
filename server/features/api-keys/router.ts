import { z } from 'zod';
import { Id } from '../../../shared/ids.ts';
import { pageInput, pageOf } from '../../paging/paging.ts';
import { organizationProcedure, router } from '../../trpc.ts';
import {
  ApiKey,
  ApiKeyRef,
  CreateApiKey,
  CreatedApiKey,
  GetUsage,
  ListedApiKey,
  RotateApiKey,
  UpdateApiKey,
  Usage,
} from './contract.ts';
import { createApiKey } from './create-api-key.ts';
import { getUsage } from './get-usage.ts';
import { listApiKeys } from './list-api-keys.ts';
import { deactivateApiKey, deleteApiKey, rotateApiKey, updateApiKey } from './update-api-key.ts';

const tag = 'API keys';

export const apiKeys = router({
  create: organizationProcedure
    .meta({
      summary: 'Create a key of either kind; its secret is shown once',
      permission: 'api-keys:write',
      rest: { v1: 'POST /api-keys', keyed: 'POST /api-keys' },
      status: 201,
      tag,
    })
    .input(CreateApiKey)
    .output(CreatedApiKey)
    .mutation(({ ctx, input }) => createApiKey(ctx, input)),

  list: organizationProcedure
    .meta({
      summary: 'List the keys of an organization, with what each may do there',
      permission: 'api-keys:read',
      rest: { v1: 'GET /api-keys', keyed: 'GET /api-keys' },
      tag,
    })
    .input(z.strictObject({ orgId: Id, ...pageInput }))
    .output(pageOf(ListedApiKey))
    .query(({ ctx, input }) => listApiKeys(ctx, input)),

  usage: organizationProcedure
    .meta({
      summary: 'How often a key was used, per day and route',
      permission: 'api-keys:read',
      rest: { v1: 'GET /api-keys/{id}/usage', keyed: 'GET /api-keys/{id}/usage' },
      tag,
    })
    .input(GetUsage)
    .output(Usage)
    .query(({ ctx, input }) => getUsage(ctx, input)),

  update: organizationProcedure
    .meta({
      summary: 'Change name, scopes or networks of a key, or switch it off and on',
      permission: 'api-keys:write',
      rest: { v1: 'PATCH /api-keys/{id}', keyed: 'PATCH /api-keys/{id}' },
      showsETag: true,
      takesIfMatch: true,
      tag,
    })
    .input(UpdateApiKey)
    .output(ApiKey)
    .mutation(({ ctx, input }) => updateApiKey(ctx, input)),

  deactivate: organizationProcedure
    .meta({ summary: 'Refuse a key from now on', permission: 'api-keys:write', tag })
    .input(ApiKeyRef)
    .output(ApiKey)
    .mutation(({ ctx, input }) => deactivateApiKey(ctx, input)),

  rotate: organizationProcedure
    .meta({
      summary: 'Give a key a new secret, the old one living on for a while',
      permission: 'api-keys:write',
      rest: { v1: 'POST /api-keys/{id}/rotate', keyed: 'POST /api-keys/{id}/rotate' },
      isOnceOnly: true,
      tag,
    })
    .input(RotateApiKey)
    .output(CreatedApiKey)
    .mutation(({ ctx, input }) => rotateApiKey(ctx, input)),

  delete: organizationProcedure
    .meta({
      summary: 'Delete a key for good',
      permission: 'api-keys:write',
      rest: { v1: 'DELETE /api-keys/{id}', keyed: 'DELETE /api-keys/{id}' },
      takesIfMatch: true,
      tag,
    })
    .input(ApiKeyRef)
    .output(z.object({ id: z.string(), deleted: z.literal(true) }))
    .mutation(({ ctx, input }) => deleteApiKey(ctx, input)),
});
