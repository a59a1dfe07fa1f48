import { sql, type RawBuilder } from 'kysely';

/**
 * What a backup is made of, in the order in which it could be put back. Every column is named:
 * what is added to a table is no part of a backup until somebody says so here, and hashes and sealed
 * secrets never are.
 */
export const sections: { readonly [kind: string]: (orgId: string) => RawBuilder<unknown> } = {
  organization: (orgId) => sql`
    select id, name, slug, custom_ai_context, full_embed_enabled, embed_allowed_origins,
      is_billable, insights_enabled, reveal_policy, catalog_history_days, created_at
    from organization where id = ${orgId}`,
  member: (orgId) => sql`
    select m.id, m.role, m.full_name, m.avatar_url, m.deactivated_at, m.created_at, u.email
    from membership m join app_user u on u.id = m.user_id
    where m.organization_id = ${orgId} order by m.id`,
  project: (orgId) => sql`
    select id, name, created_at from project where organization_id = ${orgId} order by id`,
  group: (orgId) => sql`
    select id, project_id, name, custom_ai_context, created_at
    from member_group where organization_id = ${orgId} order by id`,
  group_member: (orgId) => sql`
    select gm.group_id, gm.membership_id
    from group_member gm join member_group g on g.id = gm.group_id
    where g.organization_id = ${orgId} order by 1, 2`,
  data_source: (orgId) => sql`
    select id, display_name, description, dialect, connection, ssh_host_key, environment,
      access_mode, custom_ai_context, created_at
    from data_source where organization_id = ${orgId} and deleted_at is null order by id`,
  data_source_grant: (orgId) => sql`
    select g.data_source_id, g.group_id, g.membership_id
    from data_source_grant g join data_source d on d.id = g.data_source_id
    where d.organization_id = ${orgId} and d.deleted_at is null order by 1, 2, 3`,
  catalog_note: (orgId) => sql`
    select n.id, n.data_source_id, n.kind, n.table_id, n.name, n.description,
      n.custom_ai_context, n.is_hidden
    from catalog_note n join data_source d on d.id = n.data_source_id
    where n.organization_id = ${orgId} and d.deleted_at is null order by n.id`,
  managed_table: (orgId) => sql`
    select m.group_id, m.table_id, m.data_source_id, m.schema_name, m.name, m.created_at
    from managed_table m join data_source d on d.id = m.data_source_id
    where m.organization_id = ${orgId} and d.deleted_at is null order by 1, 2`,
  api_key: (orgId) => sql`
    select id, user_id, name, kind, scopes, environment, allowed_cidrs, expires_at,
      deactivated_at, created_at
    from api_key where organization_id = ${orgId} order by id`,
};
