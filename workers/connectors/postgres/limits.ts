const MiB = 1024 * 1024;

/** How long each wait of a session may take, in milliseconds. Each has its own timer on our side. */
export interface Deadlines {
  readonly resolveMs: number;
  readonly connectMs: number;
  /** From the request for TLS to the verified handshake. */
  readonly tlsMs: number;
  /** From the first byte of the startup to the server's readiness. */
  readonly signInMs: number;
  /** One statement of a probe. */
  readonly probeStatementMs: number;
  /** One statement of a catalog read; the whole read ends with the caller's signal. */
  readonly readStatementMs: number;
  /** How long the server may wait for a lock that somebody's migration holds. */
  readonly lockMs: number;
  /** Saying goodbye, and asking the server to cancel what still runs. */
  readonly closeMs: number;
}

export const defaultDeadlines: Deadlines = {
  resolveMs: 5_000,
  connectMs: 8_000,
  tlsMs: 8_000,
  signInMs: 10_000,
  probeStatementMs: 5_000,
  readStatementMs: 120_000,
  lockMs: 5_000,
  closeMs: 1_000,
};

/** How much a server may send before it is cut off. */
export interface WireLimits {
  /** One row, or what pretends to be one. */
  readonly maxRowBytes: number;
  /** Everything that is not a row within one answer: errors, notices, parameters. */
  readonly maxChatterBytes: number;
  /** All rows of one answer. */
  readonly maxAnswerBytes: number;
}

export const defaultWireLimits: WireLimits = {
  maxRowBytes: 16 * MiB,
  maxChatterBytes: MiB,
  maxAnswerBytes: 64 * MiB,
};

export { type CatalogLimits, defaultCatalogLimits } from '../limits.ts';
