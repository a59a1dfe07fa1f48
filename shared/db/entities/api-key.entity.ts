import { defineEntity, p } from '@mikro-orm/core';
import { environments } from '../../environments.ts';
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
    kind: p.enum(['bearer', 'pair'] as const).default('bearer'),
    /** The key of a pair as its holder sends it; a bearer key has none. */
    publicId: p.string().strictNullable(),
    scopes: p.array().default([]),
    environment: p.enum(environments).default('live'),
    /** Addresses that may use the key, in CIDR form; empty = all. */
    allowedCidrs: p.array().default([]),
    /** The first characters of the key, to recognise it by. */
    hint: p.string(),
    /** SHA-256 of a bearer key or of a pair's secret: 155 bits of entropy need no slow hash. */
    hash: p.blob().hidden(),
    /** After a rotation the old one is taken until this moment. */
    previousHash: p.blob().hidden().strictNullable().default(null),
    previousHashUntil: p.datetime(3).strictNullable().default(null),
    lastUsedAt: p.datetime(3).strictNullable().default(null),
    expiresAt: p.datetime(3).strictNullable(),
    deactivatedAt: p.datetime(3).strictNullable(),
  },
  filters: tenantFilter,
});
