import { defineEntity, p } from '@mikro-orm/core';
import { baseProperties, tenantFilter } from '../base.entity.ts';

/** What lets somebody into a membership, once. */
export const Invitation = defineEntity({
  name: 'Invitation',
  tableName: 'invitation',
  properties: {
    ...baseProperties,
    organizationId: p.string(),
    membershipId: p.string().unique(),
    /** SHA-256 of the token, which has 256 random bits. */
    tokenHash: p.blob().hidden(),
    /** Whoever shows the token has read the mail of the invited address. */
    isByEmail: p.boolean(),
    expiresAt: p.datetime(3),
    /** The token, sealed for the worker that sends it; null when it is sent, or goes another way. */
    kid: p.string().strictNullable(),
    wrapped: p.blob().hidden().strictNullable(),
    nonce: p.blob().hidden().strictNullable(),
    ciphertext: p.blob().hidden().strictNullable(),
  },
  filters: tenantFilter,
});
