import { setTimeout as delay } from 'node:timers/promises';
import type { Listener } from '../shared/db/listener.ts';

/** Waiting rooms for connection drafts. */
export interface Verifications {
  /** Take a place before the job is sent, so that no answer can come too early. */
  expect(draftId: string): Waiting;
}

export interface Waiting {
  /** Resolves at the worker's notification, at `ms`, or when `signal` fires, whichever is first. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** Gives the place back. */
  leave(): void;
}

export function createVerifications(listener: Listener): Verifications {
  return {
    expect(draftId) {
      const { promise: heard, resolve } = Promise.withResolvers<void>();
      const leave = listener.on('basekeep_verified', (payload) => {
        if (payload === draftId) resolve();
      });
      const wait = async (ms: number, signal: AbortSignal): Promise<void> => {
        const timer = new AbortController();
        const either = AbortSignal.any([timer.signal, signal]);
        await Promise.race([
          heard,
          delay(ms, undefined, { signal: either }).catch(() => undefined),
        ]);
        timer.abort();
      };
      return { wait, leave };
    },
  };
}
