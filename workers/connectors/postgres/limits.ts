import { defaultTcpDeadlines, type TcpDeadlines } from '../deadlines.ts';
import type { WireLimits } from '../limits.ts';

const MiB = 1024 * 1024;

export interface Deadlines extends TcpDeadlines {
  /** How long the server may wait for a lock that somebody's migration holds. */
  readonly lockMs: number;
  /** Saying goodbye, and asking the server to cancel what still runs. */
  readonly closeMs: number;
}

export const defaultDeadlines: Deadlines = {
  ...defaultTcpDeadlines,
  lockMs: 5_000,
  closeMs: 1_000,
};

export const defaultWireLimits: WireLimits = {
  maxRowBytes: 8 * MiB,
  maxChatterBytes: MiB,
  maxAnswerBytes: 32 * MiB,
};

export { type CatalogLimits, defaultCatalogLimits, type WireLimits } from '../limits.ts';
