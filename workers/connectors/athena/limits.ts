import { defaultHttpDeadlines, type HttpDeadlines } from '../../egress/http/http.ts';

/** How long each wait of a session may take, in milliseconds. */
export interface Deadlines extends HttpDeadlines {
  /** One call of a probe. */
  readonly probeMs: number;
  /** Before the first repetition of a call that the service has put off; each further one doubles it. */
  readonly retryMs: number;
}

export const defaultDeadlines: Deadlines = {
  ...defaultHttpDeadlines,
  probeMs: 10_000,
  retryMs: 500,
};

const MiB = 1024 * 1024;

/** Of one answer: 50 tables, whose columns and parameters may come to 1 MB each. */
export const maxAnswerBytes = 64 * MiB;

/** How often a call is made that the service keeps putting off: a probe soon says so. */
export const maxProbeAttempts = 3;
/** The same in a catalog read, half a minute of pauses together: quotas are the account's, not ours. */
export const maxReadAttempts = 7;
