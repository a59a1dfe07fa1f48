import { type CatalogLimits, defaultCatalogLimits } from '../limits.ts';

const MiB = 1024 * 1024;

/** How long each wait of a session may take, in milliseconds. Each has its own timer on our side. */
export interface Deadlines {
  readonly resolveMs: number;
  readonly connectMs: number;
  /** From our first packet to the verified handshake. */
  readonly tlsMs: number;
  /** From there to the server's acknowledgement. */
  readonly signInMs: number;
  /** One statement of a probe. */
  readonly probeStatementMs: number;
  /** One statement of a catalog read; the whole read ends with the caller's signal. */
  readonly readStatementMs: number;
  /** For the server to acknowledge that a statement is cancelled, before its socket is destroyed. */
  readonly cancelMs: number;
}

export const defaultDeadlines: Deadlines = {
  resolveMs: 5_000,
  connectMs: 8_000,
  tlsMs: 8_000,
  signInMs: 10_000,
  probeStatementMs: 5_000,
  readStatementMs: 120_000,
  cancelMs: 500,
};

/** How much a server may send before it is cut off. */
export interface WireLimits {
  /** One row. A definition of that length is none that anybody wrote. */
  readonly maxRowBytes: number;
  /** All that is not rows, of one answer: errors, messages, descriptions of columns. */
  readonly maxChatterBytes: number;
  /** One answer. */
  readonly maxAnswerBytes: number;
}

/** How a catalog is cut into portions, which are what is held in memory. */
export interface PortionLimits {
  /** Tables read together: a round trip per kind of part costs little beside them. */
  readonly portionTables: number;
  /** A portion whose rows take more is cut in two and read again, down to a single table. */
  readonly portionBytes: number;
}

export type SqlServerLimits = WireLimits & CatalogLimits & PortionLimits;

export const defaultLimits: SqlServerLimits = {
  maxRowBytes: MiB,
  maxChatterBytes: MiB / 2,
  maxAnswerBytes: 256 * MiB,
  portionTables: 1_000,
  portionBytes: 24 * MiB,
  ...defaultCatalogLimits,
};
