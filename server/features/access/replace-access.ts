import { LockMode } from '@mikro-orm/core';
import { sql, type RawBuilder } from 'kysely';
import { recordAudit } from '../../../shared/audit/record.ts';
import { DataSource } from '../../../shared/db/entities/data-source.entity.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { invalidField, notFound } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import type { Access, ReplaceAccess } from './contract.ts';
import { getAccess } from './get-access.ts';

type Needs = Pick<CallerContext, 'em' | 'clock' | 'origin'>;

/**
 * Replaces the policy: `everyone` clears all grants, `restricted` has one at least. It counts with
 * the next query of anybody.
 */
export async function replaceAccess(ctx: Needs, input: ReplaceAccess): Promise<Access> {
  const { orgId: organizationId, id, mode } = input;
  const isOpen = mode === 'everyone';
  const groupIds = isOpen ? [] : input.groupIds;
  const memberIds = isOpen ? [] : input.memberIds;
  if (!isOpen && groupIds.length + memberIds.length === 0) {
    // By the contract, no grants means everyone: whoever says "restricted" meant the opposite.
    throw invalidField('groupIds', 'restricted needs a group or a member at least');
  }
  return ctx.em.transactional(async (em) => {
    const lockMode = LockMode.PESSIMISTIC_WRITE;
    const source = await em.findOne(DataSource, { id, organizationId }, { lockMode });
    if (!source) throw notFound('Data source');
    await assertKnown(em, sql`member_group`, organizationId, 'groupIds', input.groupIds);
    await assertKnown(em, sql`membership`, organizationId, 'memberIds', input.memberIds);
    source.accessMode = mode;
    await em.flush();
    await sql`delete from data_source_grant where data_source_id = ${id}`.execute(em.getKysely());
    await sql`
      insert into data_source_grant (data_source_id, group_id, membership_id)
      select ${id}, group_id, null from unnest(${groupIds}::text[]) group_id
      union all
      select ${id}, null, membership_id from unnest(${memberIds}::text[]) membership_id`.execute(
      em.getKysely(),
    );
    const details = { mode, groupIds, memberIds };
    const act = { organizationId, action: 'data_source.access_changed', targetId: id } as const;
    await recordAudit(em, ctx.origin, { ...act, details }, ctx.clock.now());
    return getAccess(em, input);
  });
}

/** Refuses what is not the organization's, by its place; what is stays there until the commit. */
async function assertKnown(
  em: EntityManager,
  table: RawBuilder<unknown>,
  organizationId: string,
  field: 'groupIds' | 'memberIds',
  ids: readonly string[],
): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    select id from ${table} where id = any (${[...ids]}::text[])
      and organization_id = ${organizationId}
    order by id for key share`.execute(em.getKysely());
  const known = new Set(rows.map(({ id }) => id));
  const unknown = ids.findIndex((id) => !known.has(id));
  if (unknown === -1) return;
  const kind = field === 'groupIds' ? 'group' : 'member';
  throw invalidField(`${field}.${unknown}`, `Not a ${kind} of this organization`);
}
