import { defineEntity, p } from '@mikro-orm/core';
import { baseProperties } from '../base.entity.ts';

export const User = defineEntity({
  name: 'User',
  tableName: 'app_user',
  properties: {
    ...baseProperties,
    /** Lower case. */
    email: p.string().unique(),
    fullName: p.string().strictNullable(),
    /** Argon2id as a PHC string; null while the user cannot sign in with a password. */
    passwordHash: p.string().strictNullable().lazy().hidden(),
  },
});
