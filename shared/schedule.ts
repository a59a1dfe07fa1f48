/** How often a schema is synced and a connection is checked, in milliseconds. */
const syncIntervalMs = 24 * 60 * 60 * 1_000;
const healthIntervalMs = 5 * 60 * 1_000;

// A tenth either way, so that what was created together does not stay together.
const jitter = (intervalMs: number): number => intervalMs * (0.9 + Math.random() * 0.2);

export function nextSyncAfter(now: Date): Date {
  return new Date(now.getTime() + jitter(syncIntervalMs));
}

export function nextHealthCheckAfter(now: Date): Date {
  return new Date(now.getTime() + jitter(healthIntervalMs));
}

/** The due times of a data source whose first sync and check are enqueued with its creation. */
export function firstDue(now: Date): { nextSyncAt: Date; nextHealthCheckAt: Date } {
  return { nextSyncAt: nextSyncAfter(now), nextHealthCheckAt: nextHealthCheckAfter(now) };
}
