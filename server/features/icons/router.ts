import { ownOrganizationProcedure, router } from '../../trpc.ts';
import { Icon, IconOrNone, IconRef, iconTypes, maxIconBytes, SetIcon } from './contract.ts';
import { getIcon } from './read-icon.ts';
import { removeIcon } from './remove-icon.ts';
import { setIcon } from './set-icon.ts';

const tag = 'Organizations';
const path = '/organizations/{id}/icon';

export const icons = router({
  set: ownOrganizationProcedure
    .meta({
      summary: 'Give an organization a picture: JPEG or PNG, 2 MB at most',
      permission: 'organizations:write',
      rest: { public: `POST ${path}`, v1: `POST ${path}` },
      upload: { field: 'icon', maxBytes: maxIconBytes, types: iconTypes },
      tag,
    })
    .input(SetIcon)
    .output(Icon)
    .mutation(({ ctx, input }) => setIcon(ctx, input)),

  get: ownOrganizationProcedure
    .meta({
      summary: "Get where an organization's picture is",
      permission: 'organizations:read',
      rest: { public: `GET ${path}`, v1: `GET ${path}` },
      tag,
    })
    .input(IconRef)
    .output(IconOrNone)
    .query(({ ctx, input }) => getIcon(ctx, input)),

  remove: ownOrganizationProcedure
    .meta({
      summary: "Remove an organization's picture",
      permission: 'organizations:write',
      rest: { public: `DELETE ${path}`, v1: `DELETE ${path}` },
      tag,
    })
    .input(IconRef)
    .output(IconOrNone)
    .mutation(({ ctx, input }) => removeIcon(ctx, input)),
});
