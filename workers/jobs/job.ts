import type { RawBuilder } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';
import type { Payload, QueueName } from '../../shared/jobs/queues.ts';
import { ClaimLost, endClaim, lockClaim, type Claim, type Ending } from './claim.ts';
import type { WorkerContext } from '../worker-context.ts';

/** The queues whose jobs are fetched with all of their columns; of the others, a quarter suffices. */
export const queuesWithHistory = [
  'sync-schema',
  'take-backup',
  'verify-connection',
] as const satisfies readonly QueueName[];

/** What became of a job before this attempt. */
export interface History {
  readonly isLastAttempt: boolean;
  /** When the job was sent, in database time. */
  readonly sentAt: Date;
}

/** A job as its handler sees it. */
export interface Job<Q extends QueueName> {
  readonly payload: Payload<Q>;
  /** Fires at the queue's deadline, when the claim is lost and when the worker stops. */
  readonly signal: AbortSignal;
  /** Null where nobody asks for it. */
  readonly history: Q extends (typeof queuesWithHistory)[number] ? History : null;
  /** Names this attempt at this job, unlike any other there ever is. */
  readonly attempt: string;

  /** Writes while the job goes on. Throws `ClaimLost`, with nothing written, when it is not ours. */
  write(work: (em: EntityManager, now: Date) => Promise<void>): Promise<void>;

  /**
   * Ends the job: what `decide` writes and the job's end commit together, or, when the claim was
   * lost, neither does and `ClaimLost` is thrown. `now` is the database's time.
   */
  end(decide: (em: EntityManager, now: Date) => Promise<Ending>): Promise<void>;

  /**
   * Completes the job by one statement, see `completeWith`. False when that came to nothing: the job
   * is still to be ended by `end`, which also tells a lost claim.
   */
  complete(effect: RawBuilder<unknown>): Promise<boolean>;

  /**
   * Throws when the worker is stopping. Call it before a bad result is believed: sockets that were
   * closed by the stop say nothing about the database behind them.
   */
  assertNotStopping(): void;
}

/** Ends its job, or returns to have it completed. Whatever it throws is kept as a code only. */
export type Handler<Q extends QueueName> = (worker: WorkerContext, job: Job<Q>) => Promise<void>;

/** A transaction that commits only while the attempt holds its job. */
export async function whileClaimed<Result>(
  { orm }: Pick<WorkerContext, 'orm'>,
  claim: Claim,
  work: (em: EntityManager, now: Date) => Promise<Result>,
): Promise<Result> {
  return orm.em.fork().transactional(async (em) => {
    const now = await lockClaim(em, claim);
    if (!now) throw new ClaimLost();
    return work(em, now);
  });
}

/** The one transaction in which an attempt has its effect. */
export async function commitEnd(
  worker: Pick<WorkerContext, 'orm' | 'boss'>,
  claim: Claim,
  decide: (em: EntityManager, now: Date) => Promise<Ending>,
): Promise<Ending['as']> {
  return whileClaimed(worker, claim, async (em, now) => {
    const ending = await decide(em, now);
    await endClaim(em, worker.boss, claim, ending);
    return ending.as;
  });
}
