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
  maxAnswerBytes: 64 * MiB,
  portionTables: 1_000,
  portionBytes: 24 * MiB,
  ...defaultCatalogLimits,
};
