import { defaultHttpDeadlines, type HttpDeadlines } from '../../egress/http/http.ts';

/** How long each wait of a session may take, in milliseconds. */
export interface Deadlines extends HttpDeadlines {
  readonly signInMs: number;
  /** One statement of a probe. */
  readonly probeMs: number;
  /** One statement of a catalog read, the start of a suspended warehouse included. */
  readonly readStatementMs: number;
  /** At most, between two questions whether a statement is done. */
  readonly pollMs: number;
  /** Asking the service to cancel what still runs, and to end the session. */
  readonly closeMs: number;
}

export const defaultDeadlines: Deadlines = {
  ...defaultHttpDeadlines,
  signInMs: 15_000,
  probeMs: 15_000,
  readStatementMs: 600_000,
  pollMs: 1_000,
  closeMs: 1_500,
};

/** Tables of one page: a query of the information schema fails when it finds too much. */
export const pageTables = 500;
/** SHOW stops here without a word. Snowflake documentation, "SHOW <objects>". */
export const showRows = 10_000;
/** Partitions have 48 MB at most, because we ask for it, by Snowflake's count, which is not JSON's. */
export const partitionMB = 48;
export const maxAnswerBytes = 64 * 1024 * 1024;
/** Of one result: pages of tables fit into a few. */
export const maxPartitions = 10_000;
