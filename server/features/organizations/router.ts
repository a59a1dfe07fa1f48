import { z } from 'zod';
import { pageInput, pageOf } from '../../paging/paging.ts';
import { ownOrganizationProcedure, router, scopedProcedure } from '../../trpc.ts';
import {
  CreateOrganization,
  GetOrganization,
  Organization,
  UpdateOrganization,
} from './contract.ts';
import { createOrganization } from './create-organization.ts';
import { getOrganization } from './get-organization.ts';
import { listOrganizations } from './list-organizations.ts';
import { updateOrganization } from './update-organization.ts';

const tag = 'Organizations';
const one = '/organizations/{id}';

export const organizations = router({
  create: scopedProcedure
    .meta({
      summary: 'Create an organization; the caller becomes its ADMIN',
      permission: 'organizations:write',
      rest: { public: 'POST /organizations', v1: 'POST /organizations' },
      showsETag: true,
      status: 201,
      tag,
    })
    .input(CreateOrganization)
    .output(Organization)
    .mutation(({ ctx, input }) => createOrganization(ctx, input)),

  list: scopedProcedure
    .meta({
      summary: "List the caller's organizations",
      permission: 'organizations:read',
      rest: {
        public: 'GET /organizations',
        v1: 'GET /organizations',
        keyed: 'GET /organizations',
      },
      tag,
    })
    .input(z.strictObject(pageInput))
    .output(pageOf(Organization))
    .query(({ ctx, input }) => listOrganizations(ctx, input)),

  get: ownOrganizationProcedure
    .meta({
      summary: 'Get an organization',
      permission: 'organizations:read',
      rest: { public: `GET ${one}`, v1: `GET ${one}`, keyed: `GET ${one}` },
      showsETag: true,
      tag,
    })
    .input(GetOrganization)
    .output(Organization)
    .query(({ ctx, input }) => getOrganization(ctx, input)),

  update: ownOrganizationProcedure
    .meta({
      summary: 'Change the settings of an organization',
      permission: 'organizations:write',
      rest: {
        public: `PATCH ${one}?include={include}`,
        v1: `PATCH ${one}?include={include}`,
      },
      showsETag: true,
      takesIfMatch: true,
      tag,
    })
    .input(UpdateOrganization)
    .output(Organization)
    .mutation(({ ctx, input }) => updateOrganization(ctx, input)),
});
