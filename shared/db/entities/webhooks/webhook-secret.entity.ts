import { defineEntity, p } from '@mikro-orm/core';
import { baseProperties, tenantFilter } from '../../base.entity.ts';

/** A signing secret, sealed: the API shows it once and cannot read it again, workers sign with it. */
export const WebhookSecret = defineEntity({
  name: 'WebhookSecret',
  tableName: 'webhook_secret',
  properties: {
    ...baseProperties,
    organizationId: p.string(),
    webhookId: p.string(),
    version: p.integer(),
    kid: p.string(),
    wrapped: p.blob().hidden(),
    nonce: p.blob().hidden(),
    ciphertext: p.blob().hidden(),
    /** Set when another took its place: until then both sign. */
    expiresAt: p.datetime(3).strictNullable(),
  },
  filters: tenantFilter,
});
