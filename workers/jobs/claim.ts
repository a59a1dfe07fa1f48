import { sql, type RawBuilder } from 'kysely';
import { fromKysely, type PgBoss } from 'pg-boss';
import { z } from 'zod';
import type { ConnectionFailureCode } from '../../shared/failures/connection-failures.ts';
import { asyncCommit } from '../../shared/db/async-commit.ts';
import type { EntityManager } from '../../shared/db/orm.ts';
import type { QueueName } from '../../shared/jobs/queues.ts';
import { nowMs, toTime } from '../database-time.ts';

/** One attempt at one job. Every fetch raises `retryCount`, so the three name the attempt. */
export interface Claim {
  readonly queue: QueueName;
  readonly id: string;
  readonly retryCount: number;
}

/** How a job ends, and what pg-boss does with it then. */
export type Ending =
  /** Done. `next` runs in the same transaction, when the job no longer holds its singleton key. */
  | { readonly as: 'completed'; readonly next?: (em: EntityManager) => Promise<void> }
  /** Tried again with backoff; to the dead letters when no try is left. */
  | { readonly as: 'failed'; readonly code: JobFailureCode }
  /** To the dead letters at once: trying again would change nothing. */
  | { readonly as: 'rejected'; readonly code: JobFailureCode }
  /** Given back as it was: the attempt does not count. */
  | { readonly as: 'released' };

type JobFailureCode = ConnectionFailureCode | 'INVALID_PAYLOAD';

export const completed: Ending = { as: 'completed' };

/** The job went to somebody else, or ended, while this attempt was at work. */
export class ClaimLost extends Error {
  override readonly name = 'ClaimLost';
}

/**
 * Locks the job if it is still this attempt's, and answers the database's time; null otherwise. Call
 * it first in a transaction and lock the data source after it: senders of jobs lock in no other order.
 *
 * The limits belong to the transaction: a worker that is stopped (SIGSTOP, a frozen machine) in the
 * middle of it would otherwise hold the row, and with it pg-boss's supervision, for as long as it likes.
 */
export async function lockClaim(em: EntityManager, claim: Claim): Promise<Date | null> {
  const { rows } = await sql<{ now_ms: number }>`
    select ${nowMs} as now_ms,
      set_config('lock_timeout', '10s', true),
      set_config('idle_in_transaction_session_timeout', '10s', true)
    from pgboss.job where ${isHeld(claim)} for update`.execute(em.getKysely());
  return rows[0] ? toTime(rows[0]) : null;
}

const isHeld = ({ queue, id, retryCount }: Claim): RawBuilder<unknown> => sql`
  name = ${queue} and id = ${id} and state = 'active' and retry_count = ${retryCount}`;

/**
 * Completes the job and writes `effect` in one statement: one round trip instead of five. `effect` is
 * common table expressions that read `claim`, which has a row while the job is this attempt's, and of
 * which the last, `effect`, has one if something was written. False, with nothing written, when it has
 * none or somebody holds the job's row. A crash may undo it, see `asyncCommit`: job and effect together,
 * so it is done once more.
 */
export async function completeWith(
  em: EntityManager,
  claim: Claim,
  effect: RawBuilder<unknown>,
): Promise<boolean> {
  const { rows } = await sql`
    with claim as materialized (
      select id, ${asyncCommit} from pgboss.job where ${isHeld(claim)} for update skip locked),
    ${effect}
    update pgboss.job j
    set state = 'completed', completed_on = pgboss.job_now(), output = null
    from claim, effect
    where j.name = ${claim.queue} and j.id = claim.id
    returning j.id`.execute(em.getKysely());
  return rows.length === 1;
}

/** Ends the job inside the transaction that holds its claim. Throws `ClaimLost` if it could not. */
export async function endClaim(
  em: EntityManager,
  boss: PgBoss,
  claim: Claim,
  ending: Ending,
): Promise<void> {
  const attempt = { id: claim.id, retryCount: claim.retryCount };
  const options = { db: fromKysely(em.getKysely()) };
  switch (ending.as) {
    case 'completed':
      assertOne(await boss.complete(claim.queue, attempt, null, options));
      await ending.next?.(em);
      return;
    case 'failed':
      assertOne(await boss.fail(claim.queue, attempt, { code: ending.code }, options));
      return;
    case 'rejected':
      await useUpRetries(em, claim);
      assertOne(await boss.fail(claim.queue, attempt, { code: ending.code }, options));
      return;
    case 'released':
      return release(em, claim);
  }
}

const OneJob = z.object({ affected: z.literal(1) });

function assertOne(response: unknown): void {
  if (!OneJob.safeParse(response).success) throw new ClaimLost();
}

async function useUpRetries(em: EntityManager, claim: Claim): Promise<void> {
  await sql`
    update pgboss.job set retry_limit = retry_count
    where name = ${claim.queue} and id = ${claim.id}`.execute(em.getKysely());
}

// `started_on` stays, so that the next fetch raises retry_count and this attempt is told from it.
async function release(em: EntityManager, claim: Claim): Promise<void> {
  await sql`
    update pgboss.job
    set state = 'retry', retry_limit = retry_limit + 1, start_after = now(), heartbeat_on = null
    where name = ${claim.queue} and id = ${claim.id}`.execute(em.getKysely());
}
