import { afterEach, beforeEach } from 'vitest';

/**
 * Answers what loads a handler that keeps its job until the test is over. Call it after what starts
 * the workers: they wait seconds for jobs that go on when they are to stop.
 */
export function useHeldJobs(): () => Promise<() => Promise<void>> {
  let over = Promise.withResolvers<void>();
  beforeEach(() => {
    over = Promise.withResolvers();
  });
  afterEach(() => over.resolve());
  return () => Promise.resolve(() => over.promise);
}
