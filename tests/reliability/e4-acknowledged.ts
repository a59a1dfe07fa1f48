import type pg from 'pg';
import { hashEvent, type HashedEvent } from '../../shared/audit/hash.ts';

/**
 * Ids of data sources that lack one of the parts that they were committed with, or have one twice. In
 * one pass over each table: jobs have no index by data source, and a night makes 20,000 of them.
 */
const incompleteSources = `
  with part (id, kind) as (
    select target_id, 'event' from audit_event where action = 'data_source.created'
    union all
    select owner_id, 'envelope' from secret_envelope
    union all
    select data_source_id, 'run' from sync_run
    union all
    select r.data_source_id, 'sync' from sync_run r join pgboss.job j
      on j.name = 'sync-schema' and j.data->>'dataSourceId' = r.data_source_id
        and j.data->>'syncRunId' = r.id
    union all
    select data->>'dataSourceId', 'check' from pgboss.job where name = 'check-health')
  select d.id from data_source d left join part p on p.id = d.id
  group by d.id
  having array_agg(p.kind order by p.kind) <> array['check', 'envelope', 'event', 'run', 'sync']`;

/** Jobs, envelopes and events of data sources that are not there. */
const orphans = `
  select j.id::text from pgboss.job j where j.name in ('sync-schema', 'check-health')
    and not exists (select from data_source d where d.id = j.data->>'dataSourceId')
  union all
  select s.id from secret_envelope s
    where not exists (select from data_source d where d.id = s.owner_id)
  union all
  select e.id from audit_event e where e.target_type = 'data_source'
    and not exists (select from data_source d where d.id = e.target_id)`;

const ids = async (pool: pg.Pool, query: string): Promise<string[]> =>
  (await pool.query<{ id: string }>(query)).rows.map(({ id }) => id);

export interface Balance {
  readonly sources: ReadonlySet<string>;
  readonly incomplete: string[];
  readonly orphans: string[];
  readonly brokenChains: string[];
}

/** What is stored of all creations, and whatever of it is not whole. */
export async function balanceOf(pool: pg.Pool): Promise<Balance> {
  return {
    sources: new Set(await ids(pool, 'select id from data_source')),
    incomplete: await ids(pool, incompleteSources),
    orphans: await ids(pool, orphans),
    brokenChains: await brokenChains(pool),
  };
}

type EventRow = Omit<HashedEvent, 'sequence'> & {
  sequence: string;
  hash: Buffer;
  previousHash: Buffer;
};

/** Organizations whose events do not follow from each other, or not up to the recorded end. */
async function brokenChains(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<EventRow>(`
    select id, organization_id as "organizationId", sequence, occurred_at as "occurredAt", action,
      actor_type as "actorType", actor_id as "actorId", target_type as "targetType",
      target_id as "targetId", request_id as "requestId", address, user_agent as "userAgent",
      details, hash, previous_hash as "previousHash"
    from audit_event order by organization_id, sequence`);
  const { rows: heads } = await pool.query<{ id: string; sequence: string; hash: Buffer }>(
    'select organization_id as id, sequence, hash from audit_head',
  );
  const chains = Map.groupBy(rows, ({ organizationId }) => organizationId);
  return heads.flatMap(({ id, sequence, hash }) => {
    const events = chains.get(id) ?? [];
    const isWhole =
      events.length === Number(sequence) &&
      events.at(-1)?.hash.equals(hash) === true &&
      events.every((event, index) => isLink(event, events[index - 1], index + 1));
    return isWhole ? [] : [id];
  });
}

function isLink(row: EventRow, before: EventRow | undefined, sequence: number): boolean {
  const { hash, previousHash, ...event } = row;
  const expectedPrevious = before?.hash ?? Buffer.alloc(32);
  return (
    Number(row.sequence) === sequence &&
    previousHash.equals(expectedPrevious) &&
    hash.equals(hashEvent(previousHash, { ...event, sequence }))
  );
}
