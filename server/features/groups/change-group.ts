import { LockMode } from '@mikro-orm/core';
import { sql } from 'kysely';
import type { AuditAction } from '../../../shared/audit/events.ts';
import { recordAudit } from '../../../shared/audit/record.ts';
import { Group as GroupEntity } from '../../../shared/db/entities/group.entity.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { invalidField, notFound } from '../../../shared/errors.ts';
import { newId } from '../../../shared/ids.ts';
import type { CallerContext } from '../../context.ts';
import { assertUnchanged, type Conditional } from '../../middleware/entity-tag.ts';
import { refuseTakenName } from '../../refuse-taken-name.ts';
import type { CreateGroup, Group, GroupRef, UpdateGroup } from './contract.ts';
import { readGroup } from './read-groups.ts';

type Needs = Pick<CallerContext, 'em' | 'clock' | 'origin'>;

const taken = 'Already taken by another group';

/** Makes an empty group. CONFLICT when there is one of that name in the same place. */
export function createGroup(ctx: Needs, input: CreateGroup): Promise<Group> {
  const { orgId: organizationId, name, customAiContext, projectId } = input;
  return refuseTakenName(taken, () =>
    ctx.em.transactional(async (em) => {
      if (projectId !== undefined) await assertProject(em, organizationId, projectId);
      const id = newId('group');
      em.create(GroupEntity, {
        id,
        organizationId,
        projectId: projectId ?? null,
        name,
        customAiContext,
      });
      await em.flush();
      await audit(ctx, em, 'group.created', { orgId: organizationId, id });
      return readGroup(em, { orgId: organizationId, id });
    }),
  );
}

/** Changes what is given and leaves the rest. */
export function updateGroup(ctx: Needs & Conditional, input: UpdateGroup): Promise<Group> {
  return refuseTakenName(taken, () =>
    ctx.em.transactional(async (em) => {
      const group = await lockGroup(em, input);
      await assertUnchanged(ctx, () => readGroup(em, input));
      if (input.name !== undefined) group.name = input.name;
      if (input.customAiContext !== undefined) group.customAiContext = input.customAiContext;
      await em.flush();
      await audit(ctx, em, 'group.updated', input);
      return readGroup(em, input);
    }),
  );
}

/**
 * Deletes a group; its members stay members. Data sources that were restricted to it stay
 * restricted: to who is left in their policy, and to admins.
 */
export function deleteGroup(ctx: Needs & Conditional, input: GroupRef) {
  return ctx.em.transactional(async (em) => {
    const group = await lockGroup(em, input);
    await assertUnchanged(ctx, () => readGroup(em, input));
    em.remove(group);
    await em.flush();
    await audit(ctx, em, 'group.deleted', input);
    return { id: input.id, deleted: true as const };
  });
}

async function lockGroup(em: EntityManager, { orgId, id }: GroupRef) {
  const lockMode = LockMode.PESSIMISTIC_WRITE;
  const group = await em.findOne(GroupEntity, { id, organizationId: orgId }, { lockMode });
  if (!group) throw notFound('Group');
  return group;
}

async function assertProject(em: EntityManager, organizationId: string, id: string) {
  const { rows } = await sql`
    select from project where id = ${id} and organization_id = ${organizationId}
    for key share`.execute(em.getKysely());
  if (rows.length === 0) throw invalidField('projectId', 'Not a project of this organization');
}

async function audit(
  ctx: Needs,
  em: EntityManager,
  action: Extract<AuditAction, `group.${string}`>,
  { orgId, id }: GroupRef,
): Promise<void> {
  const act = { organizationId: orgId, action, targetId: id };
  await recordAudit(em, ctx.origin, act, ctx.clock.now());
}
