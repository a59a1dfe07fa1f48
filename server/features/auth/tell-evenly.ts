import { setTimeout as delay } from 'node:timers/promises';
import { toAppError } from '../../middleware/errors.ts';

/** Well above what a refusal takes, so that nearly all of them are told at the first of these. */
export const stepMs = 250;

/** How time goes by, in milliseconds: real, unless a test makes it up. */
interface Time {
  now(): number;
  wait(ms: number): Promise<unknown>;
}

const realTime: Time = { now: () => performance.now(), wait: (ms) => delay(Math.ceil(ms)) };

/**
 * Does the work, and tells that the caller is not known only at whole steps of time after the
 * request: for an account that is there more is looked up and put on record than for one that is
 * not, and how long that took is nobody's to measure.
 */
export async function tellEvenly<Result>(
  work: () => Promise<Result>,
  time: Time = realTime,
): Promise<Result> {
  const startedAt = time.now();
  try {
    return await work();
  } catch (error) {
    if (toAppError(error).code === 'UNAUTHENTICATED') {
      const tookMs = time.now() - startedAt;
      await time.wait(Math.ceil(tookMs / stepMs) * stepMs - tookMs);
    }
    throw error;
  }
}
