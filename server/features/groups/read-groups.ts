import { sql } from 'kysely';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { notFound } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import { membersNewestFirst, selectMembers, toMember } from '../../membership/read-members.ts';
import { isoTime, readPage } from '../../paging/paging.ts';
import type { Group, GroupRef, ListGroupMembers, ListGroups } from './contract.ts';

function selectGroups(em: EntityManager, organizationId: string) {
  return em
    .getKysely()
    .selectFrom('member_group')
    .select([
      'id',
      'organization_id',
      'project_id',
      'name',
      'custom_ai_context',
      'created_at',
      'updated_at',
      sql<number>`(
        select count(*)::int from group_member where group_id = member_group.id)`.as(
        'member_count',
      ),
    ])
    .where('organization_id', '=', organizationId);
}

type Row = Awaited<ReturnType<ReturnType<typeof selectGroups>['executeTakeFirstOrThrow']>>;

function toGroup(row: Row): Group {
  return {
    id: row.id,
    organizationId: row.organization_id,
    projectId: row.project_id,
    name: row.name,
    customAiContext: row.custom_ai_context,
    memberCount: row.member_count,
    createdAt: isoTime(row.created_at),
    updatedAt: isoTime(row.updated_at),
  };
}

/** One group, or NOT_FOUND. Inside a transaction it shows what the transaction wrote. */
export async function readGroup(em: EntityManager, { orgId, id }: GroupRef): Promise<Group> {
  const row = await selectGroups(em, orgId).where('id', '=', id).executeTakeFirst();
  if (!row) throw notFound('Group');
  return toGroup(row);
}

/** The organization's groups, or those of one project, newest first. */
export function listGroups(ctx: Pick<CallerContext, 'em' | 'request'>, input: ListGroups) {
  const all = selectGroups(ctx.em, input.orgId);
  const { projectId } = input;
  const wanted = projectId === undefined ? all : all.where('project_id', '=', projectId);
  return readPage(ctx, wanted, input, toGroup);
}

/** The members of a group, newest in the organization first. */
export async function listGroupMembers(
  ctx: Pick<CallerContext, 'em' | 'request'>,
  input: ListGroupMembers,
) {
  await readGroup(ctx.em, input);
  const query = selectMembers(ctx.em, input.orgId)
    .innerJoin('group_member', 'group_member.membership_id', 'membership.id')
    .where('group_member.group_id', '=', input.id);
  return readPage(ctx, query, input, toMember, membersNewestFirst);
}
