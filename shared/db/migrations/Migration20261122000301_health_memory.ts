import { Migration } from '@mikro-orm/migrations';

/** What is remembered of a data source's health beside its checks: outages, latencies, known time. */
export class Migration20261122000301_health_memory extends Migration {
  override up(): void {
    // proven_at: when the connection, as it is now, was first seen healthy. failing_since: the first
    // of the check_failures failed checks in a row.
    this.addSql(`
      alter table data_source
        add proven_at timestamptz(3),
        add check_failures integer not null default 0 check (check_failures >= 0),
        add failing_since timestamptz(3),
        add check ((check_failures = 0) = (failing_since is null))`);
    this.addSql(`
      update data_source d set proven_at = d.last_healthy_at
      where exists (
        select from health_check c where c.data_source_id = d.id and c.status = 'HEALTHY')`);

    this.addSql(`
      create table health_incident (
        id text primary key,
        organization_id text not null references organization,
        data_source_id text not null references data_source on delete cascade,
        started_at timestamptz(3) not null,
        ended_at timestamptz(3) check (ended_at >= started_at),
        failure text not null,
        step text,
        created_at timestamptz(3) not null,
        updated_at timestamptz(3) not null
      )`);
    this.addSql(`create index health_incident_list on health_incident (data_source_id, id desc)`);
    this.addSql(`create index health_incident_age on health_incident (ended_at)`);
    this.addSql(`
      create unique index health_incident_open on health_incident (data_source_id)
        where ended_at is null`);
    // Who is down now has been since its latest check at least. The id is the check's own UUID.
    this.addSql(`
      insert into health_incident (id, organization_id, data_source_id, started_at, failure, step,
        created_at, updated_at)
      select 'inc_' || substr(c.id, 5), d.organization_id, d.id, c.created_at, c.failure,
        (select s ->> 'step' from jsonb_array_elements(c.steps) s
          where s ->> 'failure' is not null limit 1),
        c.created_at, c.created_at
      from data_source d
      cross join lateral (
        select * from health_check where data_source_id = d.id order by id desc limit 1) c
      where d.deleted_at is null and d.last_health_status = 'UNHEALTHY' and c.failure is not null`);
    this.addSql(`
      update data_source d set check_failures = 2, failing_since = i.started_at
      from health_incident i where i.data_source_id = d.id`);

    // Time of which the status is known, in stretches that do not touch: each check tells it for a
    // while, and lengthens the last stretch or begins another.
    this.addSql(`
      create table health_span (
        data_source_id text not null references data_source on delete cascade,
        started_at timestamptz(3) not null,
        known_until timestamptz(3) not null check (known_until >= started_at),
        primary key (data_source_id, started_at)
      )`);
    this.addSql(`create index health_span_age on health_span (known_until)`);

    // The checks of an hour (UTC) in numbers, kept longer than the checks: so many, so many failed,
    // and how long each of the others took, in milliseconds, from which percentiles are exact.
    this.addSql(`
      create table health_hour (
        data_source_id text not null references data_source on delete cascade,
        hour timestamptz(0) not null,
        checks integer not null,
        failed integer not null,
        latencies real[] not null,
        primary key (data_source_id, hour)
      ) with (fillfactor = 70)`);
    this.addSql(`create index health_hour_age on health_hour (hour)`);
    this.addSql(`
      insert into health_hour (data_source_id, hour, checks, failed, latencies)
      select data_source_id, date_trunc('hour', created_at, 'UTC'), count(*), count(failure),
        coalesce(array_agg(duration_ms::real) filter (where failure is null), '{}')
      from health_check group by 1, 2`);
  }

  override down(): void {
    for (const table of ['health_hour', 'health_span', 'health_incident'])
      this.addSql(`drop table ${table}`);
    this.addSql(`
      alter table data_source drop proven_at, drop check_failures, drop failing_since`);
  }
}
