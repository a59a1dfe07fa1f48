import { Migration } from '@mikro-orm/migrations';

/** Projects, groups of members, and who may use a data source. */
export class Migration20261121000201_groups extends Migration {
  override up(): void {
    this.addSql(`
      create table project (
        id text primary key,
        organization_id text not null references organization,
        name text not null,
        created_at timestamptz(3) not null,
        updated_at timestamptz(3) not null,
        unique (organization_id, name)
      )`);
    this.addSql(`create index project_list on project (organization_id, id desc)`);

    this.addSql(`
      create table member_group (
        id text primary key,
        organization_id text not null references organization,
        project_id text references project,
        name text not null,
        custom_ai_context text,
        created_at timestamptz(3) not null,
        updated_at timestamptz(3) not null
      )`);
    this.addSql(`
      create unique index member_group_name on member_group (organization_id, name)
        where project_id is null`);
    this.addSql(`
      create unique index member_group_name_in_project on member_group (project_id, name)
        where project_id is not null`);
    this.addSql(`create index member_group_list on member_group (organization_id, id desc)`);
    this.addSql(`create index member_group_project on member_group (project_id, id desc)`);

    this.addSql(`
      create table group_member (
        group_id text not null references member_group on delete cascade,
        membership_id text not null references membership,
        created_at timestamptz(3) not null default now(),
        primary key (group_id, membership_id)
      )`);
    this.addSql(`create index group_member_membership on group_member (membership_id)`);

    // A mode of its own: a data source whose last grant went with its group is open to no more
    // people than before.
    this.addSql(`
      alter table data_source add access_mode text not null default 'everyone'
        check (access_mode in ('everyone', 'restricted'))`);
    this.addSql(`
      create table data_source_grant (
        data_source_id text not null references data_source on delete cascade,
        group_id text references member_group on delete cascade,
        membership_id text references membership,
        created_at timestamptz(3) not null default now(),
        check (num_nonnulls(group_id, membership_id) = 1)
      )`);
    this.addSql(`
      create unique index data_source_grant_group on data_source_grant (data_source_id, group_id)
        where group_id is not null`);
    this.addSql(`
      create unique index data_source_grant_member
        on data_source_grant (data_source_id, membership_id) where membership_id is not null`);
    // For a group that is deleted.
    this.addSql(`create index data_source_grant_of_group on data_source_grant (group_id)`);
  }

  override down(): void {
    this.addSql(`drop table data_source_grant`);
    this.addSql(`alter table data_source drop access_mode`);
    this.addSql(`drop table group_member`);
    this.addSql(`drop table member_group`);
    this.addSql(`drop table project`);
  }
}
