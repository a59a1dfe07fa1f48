import { User } from '../../../shared/db/entities/user.entity.ts';
import type { CallerContext } from '../../context.ts';
import { effectivePermissions } from '../../identity/permissions.ts';
import type { Me } from './contract.ts';

/** The caller, its organizations, and what it may do in each with this credential. */
export async function getMe(ctx: CallerContext): Promise<Me> {
  const { principal } = ctx;
  const user = await ctx.em.findOneOrFail(User, { id: principal.userId });
  const organizations = await ctx.em
    .getKysely()
    .selectFrom('organization')
    .select(['id', 'name', 'slug'])
    .where('id', 'in', ['', ...principal.roles.keys()])
    .orderBy('id', 'desc')
    .execute();
  return {
    user: { id: user.id, email: user.email, displayName: user.fullName, locale: user.locale },
    credential: { kind: principal.kind, id: principal.credentialId },
    organizations: organizations.flatMap((organization) => {
      const role = principal.roles.get(organization.id);
      if (!role) return [];
      return [
        { ...organization, role, permissions: effectivePermissions(principal, organization.id) },
      ];
    }),
  };
}
