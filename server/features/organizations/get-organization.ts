import { Organization } from '../../../shared/db/entities/organization.entity.ts';
import { notFound } from '../../../shared/errors.ts';
import type { Role } from '../../../shared/roles.ts';
import type { CallerContext } from '../../context.ts';
import { jwtSecretFor } from './jwt-secret.ts';
import { toOrganization } from './to-organization.ts';

type Needs = Pick<CallerContext, 'em' | 'apiSecret'> & { readonly role: Role };

/** One organization. Its `jwtSecret` only to admins who ask for it. */
export async function getOrganization(
  ctx: Needs,
  input: { id: string; include?: 'jwtSecret' | undefined },
) {
  const organization = await ctx.em.findOne(Organization, { id: input.id });
  if (!organization) throw notFound('Organization');
  return { ...toOrganization(organization), ...jwtSecretFor(ctx, input) };
}
