import { z } from 'zod';
import { onboardingStatuses } from '../../../shared/db/entities/organization.entity.ts';
import { Id } from '../../../shared/ids.ts';
import { text } from '../../../shared/text.ts';

const Slug = text({ min: 1, max: 63 }).regex(
  /^[a-z0-9]+(-[a-z0-9]+)*$/,
  'Must be lower-case letters, digits and single hyphens',
);

const settings = {
  name: text({ min: 1, max: 200 }),
  customAiContext: text({ max: 50_000 }).nullable(),
  fullEmbedEnabled: z.boolean(),
  embedAllowedOrigins: z.array(text({ min: 1, max: 2_048 })).max(100),
  isBillable: z.boolean(),
  insightsEnabled: z.boolean(),
};

const optionalSettings = z.object(settings).partial().shape;

export const CreateOrganization = z.strictObject({
  ...optionalSettings,
  name: settings.name,
  slug: Slug.optional(),
  isBillable: settings.isBillable.default(true),
  skipOnboarding: z.boolean().default(false),
});

const Include = z.enum(['jwtSecret']).optional();

export const UpdateOrganization = z.strictObject({
  id: Id,
  ...optionalSettings,
  skipOnboarding: z.boolean().optional(),
  include: Include,
});

export const GetOrganization = z.strictObject({ id: Id, include: Include });

export const Organization = z
  .object({
    id: z.string(),
    name: z.string(),
    slug: z.string(),
    customAiContext: z.string().nullable(),
    onboardingStatus: z.enum(onboardingStatuses),
    fullEmbedEnabled: z.boolean(),
    embedAllowedOrigins: z.array(z.string()),
    isBillable: z.boolean(),
    insightsEnabled: z.boolean(),
    trialEndsAt: z.iso.datetime().nullable(),
    /** Only when asked for with `include=jwtSecret`. */
    jwtSecret: z.string().optional(),
  })
  .meta({ id: 'Organization' });

export type CreateOrganization = z.infer<typeof CreateOrganization>;
export type UpdateOrganization = z.infer<typeof UpdateOrganization>;
export type Organization = z.infer<typeof Organization>;
