import { expect } from 'vitest';

const maxMs = 8_000;
const maxBytes = 512 * 1024 * 1024;

/** What `work` comes to, whatever it meets: within its deadlines and a bounded memory. */
export async function bounded<T>(work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  let peakBytes = 0;
  const sampler = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  }, 10);
  try {
    return await work();
  } finally {
    clearInterval(sampler);
    expect(performance.now() - startedAt).toBeLessThan(maxMs);
    expect(peakBytes).toBeLessThan(maxBytes);
  }
}
