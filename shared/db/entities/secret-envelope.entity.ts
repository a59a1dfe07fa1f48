import { defineEntity, p } from '@mikro-orm/core';
import type { SecretField } from '../../connection.ts';
import { baseProperties, tenantFilter } from '../base.entity.ts';

export const SecretEnvelope = defineEntity({
  name: 'SecretEnvelope',
  tableName: 'secret_envelope',
  properties: {
    ...baseProperties,
    organizationId: p.string(),
    ownerType: p.enum(['data_source', 'connection_draft'] as const),
    ownerId: p.string(),
    field: p.string().$type<SecretField>(),
    version: p.integer(),
    kid: p.string(),
    wrapped: p.blob(),
    nonce: p.blob(),
    ciphertext: p.blob(),
    /** When another version took its place, or none; what is current was not retired. */
    retiredAt: p.datetime(3).strictNullable().default(null),
  },
  uniques: [{ properties: ['ownerId', 'field', 'version'] }],
  filters: tenantFilter,
});
