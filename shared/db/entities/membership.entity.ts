import { defineEntity, p } from '@mikro-orm/core';
import { baseProperties } from '../base.entity.ts';
import { roles } from '../../roles.ts';

export const Membership = defineEntity({
  name: 'Membership',
  tableName: 'membership',
  properties: {
    ...baseProperties,
    organizationId: p.string(),
    userId: p.string(),
    role: p.enum(roles),
    /** How the organization calls this member; null: as the user calls itself. */
    fullName: p.string().strictNullable().default(null),
    /** The same for the picture; empty: none. */
    avatarUrl: p.string().strictNullable().default(null),
    deactivatedAt: p.datetime(3).strictNullable(),
  },
  uniques: [{ properties: ['organizationId', 'userId'] }],
});
