import { setTimeout as delay } from 'node:timers/promises';
import { toAppError } from '../../middleware/errors.ts';

/** Well above what a refusal takes, so that nearly all of them are told at the first of these. */
const stepMs = 250;

/**
 * Does the work, and tells that the caller is not known only at whole steps of time after the
 * request: for an account that is there more is looked up and put on record than for one that is
 * not, and how long that took is nobody's to measure.
 */
export async function tellEvenly<Result>(work: () => Promise<Result>): Promise<Result> {
  const startedAt = performance.now();
  try {
    return await work();
  } catch (error) {
    if (toAppError(error).code === 'UNAUTHENTICATED') {
      const tookMs = performance.now() - startedAt;
      await delay(Math.ceil(tookMs / stepMs) * stepMs - tookMs);
    }
    throw error;
  }
}
