import { defaultCatalogLimits, type CatalogLimits } from '../limits.ts';

const MiB = 1024 * 1024;

/** How long each wait of a session may take, in milliseconds. Each has its own timer on our side. */
export interface Deadlines {
  readonly resolveMs: number;
  readonly connectMs: number;
  /** From the wait for the server's greeting to the verified handshake. */
  readonly tlsMs: number;
  /** From the greeting, or from the handshake, to the server's OK. */
  readonly signInMs: number;
  /** One statement of a probe. */
  readonly probeStatementMs: number;
  /** One statement of a catalog read; the whole read ends with the caller's signal. */
  readonly readStatementMs: number;
  /** Saying goodbye, and asking the server to kill what still runs. */
  readonly closeMs: number;
}

export const defaultDeadlines: Deadlines = {
  resolveMs: 5_000,
  connectMs: 8_000,
  tlsMs: 8_000,
  signInMs: 10_000,
  probeStatementMs: 5_000,
  readStatementMs: 120_000,
  closeMs: 1_500,
};

/** How much a server may send before it is cut off. */
export interface WireLimits {
  /** One row. Below the 16 MiB at which MySQL splits packets, so that no packet is ever split. */
  readonly maxRowBytes: number;
  /** Any other packet: errors, column definitions, sign-in. */
  readonly maxChatterBytes: number;
  /** All packets of one answer. */
  readonly maxAnswerBytes: number;
}

const defaultWireLimits: WireLimits = {
  maxRowBytes: 16 * MiB - 2,
  maxChatterBytes: MiB / 4,
  maxAnswerBytes: 256 * MiB,
};

/** How a catalog is cut into portions, which are what is held in memory. */
export interface PortionLimits {
  /** Tables read together: a round trip per kind of part costs little beside them. */
  readonly portionTables: number;
  /** A portion whose rows take more is cut in two and read again, down to a single table. */
  readonly portionBytes: number;
}

const defaultPortionLimits: PortionLimits = {
  portionTables: 1_000,
  portionBytes: 24 * MiB,
};

export type MysqlLimits = WireLimits & CatalogLimits & PortionLimits;

export const defaultLimits: MysqlLimits = {
  ...defaultWireLimits,
  ...defaultPortionLimits,
  ...defaultCatalogLimits,
};
