import { setTimeout as delay } from 'node:timers/promises';
import type { Channel, Listener } from '../../shared/db/listener.ts';

/** Where requests wait for a worker's answer, each by the id of what it asked. */
export interface WaitingRoom {
  /** Take a place before the job is sent, so that no answer can come too early. */
  expect(id: string): Waiting;
}

export interface Waiting {
  /** Resolves at the worker's notification, at `ms`, or when `signal` fires, whichever is first. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** Gives the place back. */
  leave(): void;
}

/** `channel` announces ids of what has its answer. */
export function createWaitingRoom(listener: Listener, channel: Channel): WaitingRoom {
  return {
    expect(id) {
      const { promise: heard, resolve } = Promise.withResolvers<void>();
      const leave = listener.on(channel, (payload) => {
        if (payload === id) resolve();
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
