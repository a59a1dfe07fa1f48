import { sql } from 'kysely';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { notFound } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import { selectMembers, toMember } from '../../membership/read-members.ts';
import { isoTime, toPage } from '../../paging.ts';
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
export async function listGroups(ctx: Pick<CallerContext, 'em'>, input: ListGroups) {
  let query = selectGroups(ctx.em, input.orgId)
    .orderBy('id', 'desc')
    .limit(input.limit + 1);
  if (input.projectId !== undefined) query = query.where('project_id', '=', input.projectId);
  if (input.cursor !== undefined) query = query.where('id', '<', input.cursor);
  return toPage(await query.execute(), input.limit, toGroup);
}

/** The members of a group, newest in the organization first. */
export async function listGroupMembers(ctx: Pick<CallerContext, 'em'>, input: ListGroupMembers) {
  await readGroup(ctx.em, input);
  let query = selectMembers(ctx.em, input.orgId)
    .innerJoin('group_member', 'group_member.membership_id', 'membership.id')
    .where('group_member.group_id', '=', input.id)
    .orderBy('membership.id', 'desc')
    .limit(input.limit + 1);
  if (input.cursor !== undefined) query = query.where('membership.id', '<', input.cursor);
  return toPage(await query.execute(), input.limit, toMember);
}
