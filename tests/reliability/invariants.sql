-- What holds whatever happened: every row of the answer is a violation.

select 'a living data source without exactly one current envelope of its password' as violation, d.id as about
from data_source d
where d.deleted_at is null and 1 <> (
  select count(*) from secret_envelope e
  where e.owner_id = d.id and e.owner_type = 'data_source' and e.field = 'password'
    and e.retired_at is null)

union all
select 'a field with two current envelopes', e.owner_id
from secret_envelope e
where e.retired_at is null
group by e.owner_id, e.field having count(*) > 1

union all
select 'a retired envelope that is newer than the current one', o.id
from secret_envelope o join secret_envelope e
  on e.owner_id = o.owner_id and e.field = o.field and e.retired_at is null
where o.retired_at is not null and o.version > e.version

union all
select 'a secret in transit without its audit event', r.id
from credential_reveal r
where r.answer is not null and not exists (
  select from audit_event e where e.action = 'credential.revealed'
    and e.organization_id = r.organization_id and e.request_id = r.request_id)

union all
select 'an envelope that belongs to nothing', e.owner_id
from secret_envelope e
where not exists (select from data_source d where d.id = e.owner_id and d.deleted_at is null)
  and not exists (select from connection_draft d where d.id = e.owner_id)

union all
select 'a job of a data source that does not exist', j.id::text
from pgboss.job j
where j.data ? 'dataSourceId'
  and not exists (select from data_source d where d.id = j.data ->> 'dataSourceId')

union all
select 'a job that is at work longer than twice its lease', j.id::text
from pgboss.job j
where j.state = 'active' and j.started_on < now() - 2 * j.expire_seconds * interval '1 second'

union all
select 'a pending run without a job', r.id
from sync_run r
where r.status = 'PENDING' and not exists (
  select from pgboss.job j
  where j.name = 'sync-schema' and j.data ->> 'syncRunId' = r.id and j.state <= 'active')

union all
select 'a job at work on a run that has ended', j.id::text
from pgboss.job j join sync_run r on r.id = j.data ->> 'syncRunId'
where j.name = 'sync-schema' and j.state <= 'active' and r.status <> 'PENDING'

union all
select 'a status that is not the one of the newest run', d.id
from data_source d
join lateral (
  select r.status from sync_run r where r.data_source_id = d.id order by r.id desc limit 1) newest on true
where d.deleted_at is null and newest.status <> d.last_sync_status

union all
select 'a catalog that is not the one of the last successful run', d.id
from data_source d
join lateral (
  select r.tables from sync_run r where r.data_source_id = d.id and r.status = 'SUCCESS'
  order by r.id desc limit 1) newest on true
where d.deleted_at is null and newest.tables <> (
  select count(*) from catalog_table t where t.data_source_id = d.id and t.valid_to is null)

union all
select 'a version that ends before it begins', t.table_id
from catalog_table t
where t.valid_to <= t.valid_from

union all
select 'a break in an audit chain', e.id
from (
  select id, sequence, previous_hash, lag(hash) over chain as hash_before, row_number() over chain as n
  from audit_event window chain as (partition by organization_id order by sequence)) e
where e.sequence <> e.n
  or e.previous_hash <> coalesce(e.hash_before, decode(repeat('00', 32), 'hex'))

union all
select 'an audit head that is not the last event', h.organization_id
from audit_head h
where h.sequence <> 0 and not exists (
  select from audit_event e
  where e.organization_id = h.organization_id and e.sequence = h.sequence and e.hash = h.hash)
