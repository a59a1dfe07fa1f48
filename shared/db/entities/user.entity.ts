import { defineEntity, p } from '@mikro-orm/core';
import { baseProperties } from '../base.entity.ts';

export const User = defineEntity({
  name: 'User',
  tableName: 'app_user',
  properties: {
    ...baseProperties,
    /** Lower case. One ACTIVE user has it; an organization may have a PENDING one besides. */
    email: p.string(),
    fullName: p.string().strictNullable(),
    /** PENDING until an invitation is accepted. */
    status: p.enum(['PENDING', 'ACTIVE'] as const).default('ACTIVE'),
    /** BCP 47. */
    locale: p.string().default('en'),
    avatarUrl: p.string().strictNullable().default(null),
    title: p.string().strictNullable().default(null),
    isEmailVerified: p.boolean().default(false),
    /** Argon2id as a PHC string; null while the user cannot sign in with a password. */
    passwordHash: p.string().strictNullable().lazy().hidden(),
  },
});
