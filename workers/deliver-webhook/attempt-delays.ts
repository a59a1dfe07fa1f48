const minute = 60;
const hour = 60 * minute;

// The example schedule of Standard Webhooks: some 31 hours in all.
const delays = [5, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 14 * hour];

/** Seconds from the last of `attempts` failed attempts to the next; null when there is no next. */
export function nextAttemptSeconds(attempts: number): number | null {
  const seconds = delays[attempts - 1];
  // A tenth more at the most: receivers that were away are not met by all of it at once.
  return seconds === undefined ? null : Math.round(seconds * (1 + Math.random() * 0.1));
}
