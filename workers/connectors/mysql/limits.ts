import { defaultTcpDeadlines, type TcpDeadlines } from '../deadlines.ts';
import {
  type CatalogLimits,
  defaultCatalogLimits,
  type PortionLimits,
  type WireLimits,
} from '../limits.ts';

const MiB = 1024 * 1024;

export interface Deadlines extends TcpDeadlines {
  /** Saying goodbye, and asking the server to kill what still runs. */
  readonly closeMs: number;
}

export const defaultDeadlines: Deadlines = { ...defaultTcpDeadlines, closeMs: 1_500 };

export type MysqlLimits = WireLimits & CatalogLimits & PortionLimits;

export const defaultLimits: MysqlLimits = {
  // Below the 16 MiB at which MySQL splits packets, so that no packet is ever split.
  maxRowBytes: 4 * MiB,
  maxChatterBytes: MiB / 4,
  // Of a portion that is too large, too, whose rows are let go as they come.
  maxAnswerBytes: 128 * MiB,
  portionTables: 500,
  // Rows of short texts take six times as much in memory.
  portionBytes: 8 * MiB,
  ...defaultCatalogLimits,
};
