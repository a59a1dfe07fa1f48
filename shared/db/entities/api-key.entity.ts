import { defineEntity, p } from '@mikro-orm/core';
import { baseProperties, tenantFilter } from '../base.entity.ts';

export const ApiKey = defineEntity({
  name: 'ApiKey',
  tableName: 'api_key',
  properties: {
    ...baseProperties,
    /** The organization whose admins manage the key. It acts with all memberships of its user. */
    organizationId: p.string(),
    userId: p.string(),
    name: p.string(),
    /** The first characters of the key, to recognise it by. */
    hint: p.string(),
    /** SHA-256 of the whole key: it carries 155 bits of entropy, so a slow hash would add nothing. */
    hash: p.blob().hidden(),
    expiresAt: p.datetime(3).strictNullable(),
    deactivatedAt: p.datetime(3).strictNullable(),
  },
  filters: tenantFilter,
});
