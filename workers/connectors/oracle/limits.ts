import { type CatalogLimits, defaultCatalogLimits } from '../limits.ts';

const MiB = 1024 * 1024;

/** How long each wait of a session may take, in milliseconds. Each has its own timer on our side. */
export interface Deadlines {
  readonly resolveMs: number;
  readonly connectMs: number;
  /** Of each handshake: some servers begin TLS a second time. */
  readonly tlsMs: number;
  /** From our first packet to the server's acknowledgement. */
  readonly signInMs: number;
  /** One statement of a probe. */
  readonly probeStatementMs: number;
  /** One statement of a catalog read; the whole read ends with the caller's signal. */
  readonly readStatementMs: number;
  /** For saying goodbye, before the socket is destroyed. */
  readonly closeMs: number;
}

export const defaultDeadlines: Deadlines = {
  resolveMs: 5_000,
  connectMs: 8_000,
  tlsMs: 8_000,
  signInMs: 10_000,
  probeStatementMs: 10_000,
  readStatementMs: 120_000,
  closeMs: 500,
};

/** How much a server may send before it is cut off. */
export interface WireLimits {
  /** Between two requests: the driver holds all of it, however slowly it is read. */
  readonly maxAnswerBytes: number;
}

/** How a catalog is cut into portions, which are what is held in memory. */
export interface PortionLimits {
  /** Schemas are read one by one, their tables in portions of this size. */
  readonly portionTables: number;
  /** A portion whose rows take more is cut in two and read again, down to a single table. */
  readonly portionBytes: number;
  /** Rows that the server is asked for at a time. */
  readonly fetchRows: number;
}

export type OracleLimits = WireLimits & CatalogLimits & PortionLimits;

export const defaultLimits: OracleLimits = {
  // A thousand rows, each with a default or a check of 32 KiB.
  maxAnswerBytes: 32 * MiB,
  portionTables: 500,
  portionBytes: 24 * MiB,
  fetchRows: 1_000,
  ...defaultCatalogLimits,
};
