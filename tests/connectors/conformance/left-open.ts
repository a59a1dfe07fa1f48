import { expect } from 'vitest';
import type { ServerUnderTest } from './subject.ts';

/** Sockets that this process has open; the pool of the test database is part of it. */
export function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
}

/** Nothing is open any more within two seconds: not here, and not on the server. */
export async function expectGone(before: number, server: ServerUnderTest): Promise<void> {
  await expect.poll(() => server.connections(), { timeout: 2_000, interval: 50 }).toBe(0);
  await expect.poll(openSockets, { timeout: 2_000, interval: 50 }).toBeLessThanOrEqual(before);
}
