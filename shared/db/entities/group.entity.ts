import { defineEntity, p } from '@mikro-orm/core';
import { baseProperties, tenantFilter } from '../base.entity.ts';

/** A flat set of members: groups hold no groups. */
export const Group = defineEntity({
  name: 'Group',
  tableName: 'member_group',
  properties: {
    ...baseProperties,
    organizationId: p.string(),
    /** Null for a group of the whole organization. */
    projectId: p.string().strictNullable(),
    name: p.string(),
    customAiContext: p.text().strictNullable(),
  },
  filters: tenantFilter,
});
