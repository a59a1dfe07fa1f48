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
  maxAnswerBytes: 64 * MiB,
  portionTables: 1_000,
  portionBytes: 24 * MiB,
  ...defaultCatalogLimits,
};
