import { defineEntity, p } from '@mikro-orm/core';
import { plans } from '../../plans.ts';
import { baseProperties } from '../base.entity.ts';

export const onboardingStatuses = ['STARTED', 'COMPLETED', 'SKIPPED'] as const;

/** Who may see secrets in clear. */
export const revealPolicies = ['never', 'admins'] as const;

export const Organization = defineEntity({
  name: 'Organization',
  tableName: 'organization',
  properties: {
    ...baseProperties,
    name: p.string(),
    slug: p.string().unique(),
    customAiContext: p.text().strictNullable(),
    onboardingStatus: p.enum(onboardingStatuses).default('STARTED'),
    fullEmbedEnabled: p.boolean().default(false),
    embedAllowedOrigins: p.array().default([]),
    isBillable: p.boolean().default(true),
    insightsEnabled: p.boolean().default(true),
    revealPolicy: p.enum(revealPolicies).default('admins'),
    trialEndsAt: p.datetime(3).strictNullable(),
    /** How long versions of tables are kept after their end. */
    catalogHistoryDays: p.integer().default(90),
    /** Set by whoever runs the installation, never by the organization itself. */
    plan: p.enum(plans).default('FREE'),
  },
});
