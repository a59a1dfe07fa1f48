import {
  defaultHttpDeadlines,
  type HttpDeadlines,
  type HttpRoute,
} from '../../egress/http/http.ts';

/** How long each wait of a session may take, in milliseconds. */
export interface Deadlines extends HttpDeadlines {
  readonly signInMs: number;
  /** One statement of a probe. */
  readonly probeStatementMs: number;
  /** A statement of a catalog read, until its first row. */
  readonly readStatementMs: number;
  /** All waiting for the rows of one statement; also the server's own limit for it. */
  readonly readMs: number;
  /** Asking the server to stop what still runs. */
  readonly closeMs: number;
}

export const defaultDeadlines: Deadlines = {
  ...defaultHttpDeadlines,
  signInMs: 10_000,
  probeStatementMs: 5_000,
  readStatementMs: 120_000,
  readMs: 3_600_000,
  closeMs: 1_000,
};

/** What a session is opened with, beside its target. */
export interface SessionSettings {
  readonly deadlines: Deadlines;
  readonly route: HttpRoute;
}

/** One row as it comes over the wire. */
export const maxRowBytes = 4 * 1024 * 1024;
/** Everything that a probe or a sign-in asks for. */
export const maxSmallBytes = 1024 * 1024;
