import { defaultHttpDeadlines, type HttpDeadlines } from '../../egress/http/http.ts';

/** How long each wait of a session may take, in milliseconds. */
export interface Deadlines extends HttpDeadlines {
  readonly signInMs: number;
  /** One call of a probe. */
  readonly probeMs: number;
  /** One statement of a catalog read, the start of a stopped warehouse included. */
  readonly readStatementMs: number;
  /** At most, between two questions whether a statement is done. */
  readonly pollMs: number;
  /** Asking the service to cancel what still runs. */
  readonly closeMs: number;
}

export const defaultDeadlines: Deadlines = {
  ...defaultHttpDeadlines,
  signInMs: 10_000,
  probeMs: 10_000,
  // A classic warehouse takes about four minutes to start.
  readStatementMs: 600_000,
  pollMs: 1_000,
  closeMs: 1_500,
};

/** Tables of one page, whose columns then fit well into the 25 MiB of an inline result. */
export const pageTables = 500;
/** An inline result has 25 MiB at most by Databricks' count, which is not that of JSON. */
export const maxAnswerBytes = 64 * 1024 * 1024;
