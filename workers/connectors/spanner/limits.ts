import { defaultHttpDeadlines, type HttpDeadlines } from '../../egress/http/http.ts';

/** How long each wait of a session may take, in milliseconds. */
export interface Deadlines extends HttpDeadlines {
  /** The exchange of a signed assertion for a token. */
  readonly signInMs: number;
  /** One call or statement of a probe. */
  readonly probeMs: number;
  /** All waiting for one statement of a catalog read. */
  readonly readStatementMs: number;
  /** Before the first repetition of a call that the service has put off; each further one doubles it. */
  readonly retryMs: number;
  /** Telling the service that a session is over. */
  readonly closeMs: number;
}

export const defaultDeadlines: Deadlines = {
  ...defaultHttpDeadlines,
  signInMs: 10_000,
  probeMs: 10_000,
  readStatementMs: 600_000,
  retryMs: 250,
  closeMs: 1_500,
};

const MiB = 1024 * 1024;

/** Of one part of a result. A value has 10 MiB at most, and comes in parts where it is that large. */
export const maxPartBytes = 24 * MiB;

/** How often a call is made that the service keeps putting off. */
export const maxAttempts = 4;
