import { defaultTcpDeadlines, type TcpDeadlines } from '../deadlines.ts';
import { type CatalogLimits, defaultCatalogLimits, type PortionLimits } from '../limits.ts';

const MiB = 1024 * 1024;

export interface Deadlines extends TcpDeadlines {
  /** For saying goodbye, before the socket is destroyed. */
  readonly closeMs: number;
}

export const defaultDeadlines: Deadlines = {
  ...defaultTcpDeadlines,
  probeStatementMs: 10_000,
  closeMs: 500,
};

export interface OracleLimits extends CatalogLimits, PortionLimits {
  /** Between two requests: the driver holds all of it, however slowly it is read. */
  readonly maxAnswerBytes: number;
  /** Rows that the server is asked for at a time. */
  readonly fetchRows: number;
}

export const defaultLimits: OracleLimits = {
  // Two hundred rows, each with a default or a check of 32 KiB and a comment.
  maxAnswerBytes: 8 * MiB,
  portionTables: 500,
  portionBytes: 8 * MiB,
  fetchRows: 200,
  ...defaultCatalogLimits,
};
