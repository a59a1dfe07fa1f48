import { sql } from 'kysely';
import type { EntityManager } from '../shared/db/orm.ts';

/**
 * Has the organizations that wait in a queue take turns, however many jobs each of them has sent.
 *
 * This is start-time fair queueing (Goyal, Vin and Cheng, 1996): a job's turn comes one after the last
 * of its own organization, and no earlier than the turn that the queue has come to. pg-boss fetches
 * the highest `priority` first, so a turn is kept as the negative of it. It is given by the database,
 * because there it costs two looks into indexes and no round trip, and covers every way of sending.
 * When nobody waits turns begin again at 0. Jobs without a `group_id` keep their priority.
 *
 * Called after pg-boss has made its tables; changes nothing when it is there already.
 */
export async function installFairTurns(em: EntityManager): Promise<void> {
  for (const statement of [index, turn, trigger]) await statement.execute(em.getKysely());
}

const index = sql`
  create index if not exists basekeep_job_turn on pgboss.job (name, group_id, priority)
  where state < 'active' and group_id is not null`;

const turn = sql`
  create or replace function pgboss.basekeep_fair_turn() returns trigger language plpgsql as $$
  declare
    own integer;
    front integer;
  begin
    select min(priority) into own from pgboss.job
    where name = new.name and group_id = new.group_id and state < 'active';
    -- Covered by pg-boss's index for fetching: the first entry that is due.
    select priority into front from pgboss.job
    where name = new.name and state < 'active' and not blocked and start_after <= now()
    order by priority desc limit 1;
    new.priority := least(coalesce(front, 0), coalesce(own - 1, 0));
    return new;
  end $$`;

const trigger = sql`
  create or replace trigger basekeep_fair_turn before insert on pgboss.job
  for each row when (new.group_id is not null) execute function pgboss.basekeep_fair_turn()`;
