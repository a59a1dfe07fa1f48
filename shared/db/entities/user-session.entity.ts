import { defineEntity, p } from '@mikro-orm/core';
import { baseProperties } from '../base.entity.ts';

/** A sign-in, and the family of refresh tokens that came from it. */
export const UserSession = defineEntity({
  name: 'UserSession',
  tableName: 'user_session',
  properties: {
    ...baseProperties,
    userId: p.string(),
    /** Counts the rotations; the token of the last one is the only one that is taken. */
    generation: p.integer().default(0),
    /** SHA-256 of that token. */
    refreshHash: p.blob().hidden(),
    /** The last rotation may be asked for once more, by a client that lost the answer. */
    isRetried: p.boolean().default(false),
    rotatedAt: p.datetime(3).strictNullable().default(null),
    /** When the password was last typed. */
    signedInAt: p.datetime(3),
    expiresAt: p.datetime(3),
    revokedAt: p.datetime(3).strictNullable().default(null),
    address: p.string().strictNullable(),
    userAgent: p.string().strictNullable(),
  },
});
