import { hkdfSync } from 'node:crypto';
import { Organization } from '../../../shared/db/entities/organization.entity.ts';
import { AppError, notFound } from '../../../shared/errors.ts';
import type { Role } from '../../../shared/roles.ts';
import type { CallerContext } from '../../context.ts';
import { toOrganization } from './to-organization.ts';

type Needs = Pick<CallerContext, 'em' | 'apiSecret'> & { readonly role: Role };

/** One organization. Its `jwtSecret` only to admins who ask for it. */
export async function getOrganization(
  ctx: Needs,
  input: { id: string; include?: 'jwtSecret' | undefined },
) {
  const organization = await ctx.em.findOne(Organization, { id: input.id });
  if (!organization) throw notFound('Organization');
  if (input.include !== 'jwtSecret') return toOrganization(organization);
  if (ctx.role !== 'ADMIN') {
    throw new AppError('FORBIDDEN', 'Only admins may read the jwtSecret');
  }
  return { ...toOrganization(organization), jwtSecret: jwtSecretOf(ctx.apiSecret, input.id) };
}

/** The HS256 secret for single sign-on: derived, never stored, so a database dump does not hold it. */
function jwtSecretOf(apiSecret: Uint8Array, organizationId: string): string {
  const secret = hkdfSync('sha256', apiSecret, organizationId, 'basekeep-organization-jwt-v1', 32);
  return Buffer.from(secret).toString('base64url');
}
