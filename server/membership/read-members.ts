import { sql, type SqlBool } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';
import { notFound } from '../../shared/errors.ts';
import { isoTime, isoTimeOrNull, type ListOrder } from '../paging/paging.ts';
import type { Member } from './member.ts';

/** The members of an organization, pending and deactivated ones included, to be narrowed. */
export function selectMembers(em: EntityManager, organizationId: string) {
  return em
    .getKysely()
    .selectFrom('membership')
    .innerJoin('app_user', 'app_user.id', 'membership.user_id')
    .select([
      'membership.id',
      'membership.created_at',
      'membership.deactivated_at',
      'membership.role',
      'membership.user_id',
      'membership.organization_id',
      'membership.full_name as own_full_name',
      'membership.avatar_url as own_avatar_url',
      'app_user.full_name',
      'app_user.avatar_url',
      'app_user.email',
      'app_user.is_email_verified',
      'app_user.created_at as user_created_at',
      'app_user.title',
    ])
    .where('membership.organization_id', '=', organizationId);
}

/** The order of lists of members: two tables of the query have an `id`. */
export const membersNewestFirst: ListOrder = {
  by: sql`membership.id desc`,
  after: (cursor) => sql<SqlBool>`membership.id < ${cursor}`,
};

type Row = Awaited<ReturnType<ReturnType<typeof selectMembers>['executeTakeFirstOrThrow']>>;

export function toMember(row: Row): Member {
  const fullName = row.own_full_name ?? row.full_name;
  return {
    id: row.id,
    createdAt: isoTime(row.created_at),
    deactivatedAt: isoTimeOrNull(row.deactivated_at),
    role: row.role,
    userId: row.user_id,
    organizationId: row.organization_id,
    user: {
      id: row.user_id,
      fullName,
      avatarUrl: (row.own_avatar_url ?? row.avatar_url) || null,
      email: row.email,
      isEmailVerified: row.is_email_verified,
      createdAt: isoTime(row.user_created_at),
      firstName: fullName?.trim().split(/\s+/)[0] ?? null,
      title: row.title,
    },
  };
}

/** One member, or NOT_FOUND. Inside a transaction it shows what the transaction wrote. */
export async function readMember(
  em: EntityManager,
  { orgId, id }: { readonly orgId: string; readonly id: string },
): Promise<Member> {
  const row = await selectMembers(em, orgId).where('membership.id', '=', id).executeTakeFirst();
  if (!row) throw notFound('Member');
  return toMember(row);
}
