import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionFailure } from './connector.ts';

export interface PutOffOptions {
  /** How often the call is made at most. */
  readonly attempts: number;
  /** Before the first repetition; each further one doubles it. */
  readonly pauseMs: number;
  /** Ends a pause; the call behind it then says so. */
  readonly signal: AbortSignal;
}

/** Makes a call that changes nothing again for as long as the service puts it off. */
export async function whilePutOff<T>(
  call: () => Promise<T>,
  { attempts, pauseMs, signal }: PutOffOptions,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (attempt >= attempts || !isPutOff(error)) throw error;
    }
    await pause(pauseMs * 2 ** (attempt - 1), signal);
  }
}

/** Waits, or until the signal. */
export async function pause(pauseMs: number, signal: AbortSignal): Promise<void> {
  if (pauseMs < 1) return;
  await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
}

function isPutOff(error: unknown): boolean {
  if (!(error instanceof ConnectionFailure)) return false;
  return error.code === 'RATE_LIMITED' || error.code === 'SERVER_UNAVAILABLE';
}
