/** Where time comes from, so that a test can hold it still. Deadlines compared in SQL use database time. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** For deadlines and ages in memory: milliseconds since the epoch. */
export const nowMs = (clock: Clock = systemClock): number => clock.now().getTime();
