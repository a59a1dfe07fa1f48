import { sql, type SqlBool } from 'kysely';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { notFound } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import { usableDataSources } from '../../middleware/data-source-access.ts';
import { isoTime, readPage, type ListOrder } from '../../paging/paging.ts';
import type { ListManagedTables, ManagedTable } from './contract.ts';

type Caller = Pick<CallerContext, 'principal'>;

/** The managed tables of a group that the caller may know of: of data sources it may use, not hidden. */
function selectTables(em: EntityManager, { principal }: Caller, groupId: string) {
  return em
    .getKysely()
    .selectFrom('data_source')
    .innerJoin(managedTable, (join) => join.onTrue())
    .select([
      'managed_table.id',
      'managed_table.organization_id',
      'managed_table.project_id',
      'managed_table.group_id',
      'managed_table.data_source_id',
      'managed_table.schema_name',
      'managed_table.name',
      'managed_table.is_present',
      'managed_table.created_at',
    ])
    .whereRef('managed_table.data_source_id', '=', 'data_source.id')
    .where('managed_table.group_id', '=', groupId)
    .where('data_source.deleted_at', 'is', null)
    .where(usableDataSources(principal));
}

/** As rows of their own, because it has no entity. */
const managedTable = sql<{
  id: string;
  organization_id: string;
  project_id: string | null;
  group_id: string;
  data_source_id: string;
  schema_name: string;
  name: string;
  is_present: boolean;
  created_at: string;
}>`(
  select m.table_id as id, m.organization_id, g.project_id, m.group_id, m.data_source_id,
    m.schema_name, m.name, m.created_at, exists (
      select from catalog_table c where c.table_id = m.table_id and c.valid_to is null
    ) as is_present
  from managed_table m join member_group g on g.id = m.group_id
  where not exists (
    select from catalog_note n
    where n.data_source_id = m.data_source_id and n.is_hidden
      and (n.id = m.table_id or (n.kind = 'schema' and n.name = m.schema_name))))`.as(
  'managed_table',
);

type Row = Awaited<ReturnType<ReturnType<typeof selectTables>['executeTakeFirstOrThrow']>>;

function toTable(row: Row): ManagedTable {
  return {
    id: row.id,
    organizationId: row.organization_id,
    projectId: row.project_id,
    groupId: row.group_id,
    dataSourceId: row.data_source_id,
    schema: row.schema_name,
    name: row.name,
    isPresent: row.is_present,
    createdAt: isoTime(row.created_at),
  };
}

/** One managed table, or NOT_FOUND. Inside a transaction it shows what the transaction wrote. */
export async function readTable(
  em: EntityManager,
  caller: Caller,
  { groupId, tableId }: { readonly groupId: string; readonly tableId: string },
): Promise<ManagedTable> {
  const row = await selectTables(em, caller, groupId)
    .where('managed_table.id', '=', tableId)
    .executeTakeFirst();
  if (!row) throw notFound('Table');
  return toTable(row);
}

const byId: ListOrder = {
  by: sql`managed_table.id`,
  after: (cursor) => sql<SqlBool>`managed_table.id > ${cursor}`,
};

/** The tables that are managed in a group, in a stable order. NOT_FOUND without such a group. */
export async function listTables(
  ctx: Pick<CallerContext, 'em' | 'request' | 'principal'>,
  input: ListManagedTables,
) {
  const { rows } = await sql`
    select from member_group where id = ${input.id} and organization_id = ${input.orgId}`.execute(
    ctx.em.getKysely(),
  );
  if (rows.length === 0) throw notFound('Group');
  return readPage(ctx, selectTables(ctx.em, ctx, input.id), input, toTable, byId);
}
