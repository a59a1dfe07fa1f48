const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** How often a schema may be synced and a connection be checked, in seconds. The same for all plans. */
export const intervalBounds = {
  sync: { min: 15 * minute, max: 30 * day, usual: day },
  health: { min: minute, max: day, usual: 5 * minute },
} as const;

// A tenth either way, so that what was created together does not stay together.
export const jitter = (): number => 0.9 + Math.random() * 0.2;

/** The next time of what is done every `intervalSeconds`. */
export function nextAfter(now: Date, intervalSeconds: number): Date {
  return new Date(now.getTime() + intervalSeconds * 1_000 * jitter());
}

const syncRetries = [minute, 5 * minute, 15 * minute, hour];

/**
 * How long after the last of `failures` failed syncs in a row the next one waits, in seconds: 1, 5,
 * 15, 60 minutes, then twice as long each time, and never longer than the interval.
 */
export function syncRetrySeconds(failures: number, intervalSeconds: number): number {
  const last = syncRetries.length - 1;
  const step = Math.min(Math.max(failures - 1, 0), last);
  const doublings = Math.min(Math.max(failures - 1 - last, 0), 20);
  return Math.min((syncRetries[step] ?? hour) * 2 ** doublings, intervalSeconds);
}

// Long enough to spare a server that is down, short enough that its return is seen within the hour.
const maxDownSeconds = 30 * minute;

/**
 * How long after the last of `failures` failed checks in a row the next one of a data source that is
 * down waits, in seconds: the interval, then twice as long each time up to half an hour.
 */
export function downCheckSeconds(failures: number, intervalSeconds: number): number {
  const doublings = Math.min(Math.max(failures - 2, 0), 20);
  return Math.min(intervalSeconds * 2 ** doublings, Math.max(intervalSeconds, maxDownSeconds));
}

/** The due times of a data source whose first sync and check are enqueued with its creation. */
export function firstDue(now: Date): { nextSyncAt: Date; nextHealthCheckAt: Date } {
  return {
    nextSyncAt: nextAfter(now, intervalBounds.sync.usual),
    nextHealthCheckAt: nextAfter(now, intervalBounds.health.usual),
  };
}
