import { sql } from 'kysely';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { notFound } from '../../../shared/errors.ts';
import type { Access, GetAccess } from './contract.ts';

interface Row {
  access_mode: Access['mode'];
  group_ids: string[];
  member_ids: string[];
}

/** Who may use a data source, beside the admins. Inside a transaction it shows what that wrote. */
export async function getAccess(em: EntityManager, { orgId, id }: GetAccess): Promise<Access> {
  const { rows } = await sql<Row>`
    select d.access_mode,
      array(select group_id from data_source_grant
        where data_source_id = d.id and group_id is not null order by group_id) as group_ids,
      array(select membership_id from data_source_grant
        where data_source_id = d.id and membership_id is not null
        order by membership_id) as member_ids
    from data_source d
    where d.id = ${id} and d.organization_id = ${orgId} and d.deleted_at is null`.execute(
    em.getKysely(),
  );
  const [row] = rows;
  if (!row) throw notFound('Data source');
  const { access_mode: mode, group_ids: groupIds, member_ids: memberIds } = row;
  return { dataSourceId: id, mode, groupIds, memberIds };
}
