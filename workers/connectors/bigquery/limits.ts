import { defaultHttpDeadlines, type HttpDeadlines } from '../../egress/http/http.ts';

/** How long each wait of a session may take, in milliseconds. */
export interface Deadlines extends HttpDeadlines {
  /** The exchange of a signed assertion for a token. */
  readonly signInMs: number;
  /** One call of a probe. */
  readonly probeMs: number;
  /** Before the first repetition of a call that the service has put off; each further one doubles it. */
  readonly retryMs: number;
}

export const defaultDeadlines: Deadlines = {
  ...defaultHttpDeadlines,
  signInMs: 10_000,
  probeMs: 10_000,
  retryMs: 1_000,
};

/** How fast a catalog is read: each table is a call of its own. */
export interface Pace {
  /** Calls that are under way at a time, each on a connection of its own. */
  readonly concurrency: number;
  /** Quotas and limits, "API requests": a user has 100 a second for each method. */
  readonly callsPerSecond: number;
}

export const defaultPace: Pace = { concurrency: 8, callsPerSecond: 80 };

const MiB = 1024 * 1024;

/**
 * Of one answer. A table has 10,000 columns at most, nested ones included, with a description of 1,024
 * characters each; as many answers as `concurrency` may be in memory.
 */
export const maxAnswerBytes = 16 * MiB;

/** How often a call is made that the service keeps putting off. */
export const maxAttempts = 4;
