import { isoTimeOrNull } from '../../paging/paging.ts';
import type { Organization } from './contract.ts';

interface OrganizationRow {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly customAiContext: string | null;
  readonly onboardingStatus: Organization['onboardingStatus'];
  readonly fullEmbedEnabled: boolean;
  readonly embedAllowedOrigins: readonly string[];
  readonly isBillable: boolean;
  readonly insightsEnabled: boolean;
  readonly trialEndsAt: Date | string | null;
}

export function toOrganization(row: OrganizationRow): Organization {
  return {
    id: row.id,
    name: row.name,
    slug: row.slug,
    customAiContext: row.customAiContext,
    onboardingStatus: row.onboardingStatus,
    fullEmbedEnabled: row.fullEmbedEnabled,
    embedAllowedOrigins: [...row.embedAllowedOrigins],
    isBillable: row.isBillable,
    insightsEnabled: row.insightsEnabled,
    trialEndsAt: isoTimeOrNull(row.trialEndsAt),
  };
}
