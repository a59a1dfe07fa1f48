import { expect } from 'vitest';

const maxBytes = 512 * 1024 * 1024;

/** Runs what a rogue could prolong or blow up, and holds that it did neither: D2 of security.md. */
export async function bounded<T>(maxMs: number, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  // What the tests themselves hold, such as a bomb, is not the connector's.
  const before = process.memoryUsage.rss();
  let peakBytes = 0;
  const sampler = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss() - before);
  }, 10);
  try {
    return await work();
  } finally {
    clearInterval(sampler);
    expect(performance.now() - startedAt).toBeLessThan(maxMs);
    expect(peakBytes).toBeLessThan(maxBytes);
  }
}
