import { sql } from 'kysely';
import { recordAudit } from '../../../shared/audit/record.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { AppError, invalidField } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import { usableDataSources } from '../../middleware/data-source-access.ts';
import type { ManagedTable, ManageTable } from './contract.ts';
import { readTable } from './read-tables.ts';

type Needs = Pick<CallerContext, 'em' | 'clock' | 'origin' | 'principal'>;

/** Takes a table of the catalog into a group. CONFLICT when it is managed there already. */
export function manageTable(ctx: Needs, input: ManageTable): Promise<ManagedTable> {
  const { orgId: organizationId, groupId, tableId } = input;
  return ctx.em.transactional(async (em) => {
    await lockGroup(em, input);
    const table = await findTable(em, ctx, input);
    const now = ctx.clock.now();
    const { numAffectedRows = 0n } = await sql`
      insert into managed_table (group_id, table_id, organization_id, data_source_id, schema_name,
        name, created_at)
      values (${groupId}, ${tableId}, ${organizationId}, ${table.data_source_id},
        ${table.schema_name}, ${table.name}, ${now.toISOString()})
      on conflict do nothing`.execute(em.getKysely());
    if (numAffectedRows === 0n) {
      const reason = 'Is managed in this group already';
      throw new AppError('CONFLICT', `tableId: ${reason}`, { fields: { tableId: reason } });
    }
    const managed = await readTable(em, ctx, input);
    const action = 'managed_table.created';
    const act = { organizationId, action, targetId: tableId, details: { groupId } } as const;
    await recordAudit(em, ctx.origin, act, now);
    return managed;
  });
}

/** Keeps the group from being deleted, and from nothing else. */
async function lockGroup(em: EntityManager, { orgId, groupId }: ManageTable): Promise<void> {
  const { rows } = await sql`
    select from member_group where id = ${groupId} and organization_id = ${orgId}
    for key share`.execute(em.getKysely());
  if (rows.length === 0) throw invalidField('groupId', 'Not a group of this organization');
}

/** The table as it is now, if the caller may know of it. */
async function findTable(em: EntityManager, { principal }: Needs, { orgId, tableId }: ManageTable) {
  const { rows } = await sql<{ data_source_id: string; schema_name: string; name: string }>`
    select t.data_source_id, t.schema_name, t.name
    from catalog_table t join data_source on data_source.id = t.data_source_id
    where t.table_id = ${tableId} and t.valid_to is null
      and data_source.organization_id = ${orgId} and data_source.deleted_at is null
      and ${usableDataSources(principal)} and not exists (
        select from catalog_note n
        where n.data_source_id = t.data_source_id and n.is_hidden
          and (n.id = t.table_id or (n.kind = 'schema' and n.name = t.schema_name)))
    for key share of data_source`.execute(em.getKysely());
  const [table] = rows;
  if (!table) throw invalidField('tableId', 'Not a table of a data source that you may use');
  return table;
}
