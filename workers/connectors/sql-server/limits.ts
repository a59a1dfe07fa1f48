import { defaultTcpDeadlines, type TcpDeadlines } from '../deadlines.ts';
import {
  type CatalogLimits,
  defaultCatalogLimits,
  type PortionLimits,
  type WireLimits,
} from '../limits.ts';

const MiB = 1024 * 1024;

export interface Deadlines extends TcpDeadlines {
  /** For the server to acknowledge that a statement is cancelled, before its socket is destroyed. */
  readonly cancelMs: number;
}

export const defaultDeadlines: Deadlines = { ...defaultTcpDeadlines, cancelMs: 500 };

export type SqlServerLimits = WireLimits & CatalogLimits & PortionLimits;

export const defaultLimits: SqlServerLimits = {
  // A definition of that length is none that anybody wrote.
  maxRowBytes: MiB,
  maxChatterBytes: MiB / 2,
  // Of a portion that is too large, too, whose rows are let go as they come.
  maxAnswerBytes: 128 * MiB,
  portionTables: 500,
  // Rows of short texts take six times as much in memory.
  portionBytes: 8 * MiB,
  ...defaultCatalogLimits,
};
