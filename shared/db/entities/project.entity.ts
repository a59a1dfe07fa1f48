import { defineEntity, p } from '@mikro-orm/core';
import { baseProperties, tenantFilter } from '../base.entity.ts';

export const Project = defineEntity({
  name: 'Project',
  tableName: 'project',
  properties: {
    ...baseProperties,
    organizationId: p.string(),
    name: p.string(),
  },
  uniques: [{ properties: ['organizationId', 'name'] }],
  filters: tenantFilter,
});
