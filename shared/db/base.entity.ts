import { p } from '@mikro-orm/core';
import { systemClock } from '../clock.ts';

/** What every row has. `id` is a typed prefix over a UUIDv7 (shared/ids.ts). */
export const baseProperties = {
  id: p.string().primary(),
  createdAt: p.datetime(3).onCreate(() => systemClock.now()),
  updatedAt: p
    .datetime(3)
    .onCreate(() => systemClock.now())
    .onUpdate(() => systemClock.now()),
};

/** Narrows every find to one organization once `em.setFilterParams('tenant', ...)` was called. */
export const tenantFilter = {
  tenant: {
    name: 'tenant',
    cond: (args: { organizationId?: string } | undefined) =>
      args?.organizationId === undefined ? {} : { organizationId: args.organizationId },
    default: true,
    args: false,
  },
};
