import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks every `everyMs` until the answer is yes; false when `timeoutMs` passed first.
 * @throws the signal's reason when it is aborted while waiting.
 */
export async function waitUntil(
  isDone: () => boolean | Promise<boolean>,
  {
    timeoutMs,
    everyMs = 10,
    signal,
  }: { timeoutMs: number; everyMs?: number; signal?: AbortSignal | undefined },
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!(await isDone())) {
    signal?.throwIfAborted();
    if (performance.now() >= deadline) return false;
    await sleep(everyMs);
  }
  return true;
}
