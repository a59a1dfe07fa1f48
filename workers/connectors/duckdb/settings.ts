import type { CatalogLimits } from '../limits.ts';

/** How long each wait for the reader may take, in milliseconds. */
export interface Deadlines {
  /** Until the file is open: 10,000 tables of 20 columns took 9.5 s (design/dialects.md, 4.5). */
  readonly openMs: number;
  /** Version, and the proof that the configuration is locked. */
  readonly queryMs: number;
  /** A row of each catalog statement. */
  readonly proveMs: number;
  /** Until the next table of a catalog; the first waits for all of them to be sorted. */
  readonly tableMs: number;
  /** Until a killed reader is gone. */
  readonly closeMs: number;
}

export const defaultDeadlines: Deadlines = {
  openMs: 20_000,
  queryMs: 5_000,
  proveMs: 10_000,
  tableMs: 120_000,
  closeMs: 1_000,
};

/** What one reader process may use. */
export interface ReaderLimits {
  /** DuckDB's own limit, of its buffers and sorts. Nothing is ever spilled to disk. */
  readonly engineMemoryMiB: number;
  /** The kernel's limit, of everything the process allocates: 5,000 tables of 20 columns take 520. */
  readonly processMemoryMiB: number;
  /** The kernel's limit of processor time, in case that nobody is left to kill it. */
  readonly processorSeconds: number;
}

export const defaultReaderLimits: ReaderLimits = {
  engineMemoryMiB: 512,
  processMemoryMiB: 2_048,
  processorSeconds: 1_800,
};

export interface DuckdbSettings {
  /** The only folder whose files are opened; DUCKDB is switched off without one. */
  readonly root: string | null;
  readonly deadlines: Deadlines;
  readonly limits: CatalogLimits;
  readonly reader: ReaderLimits;
  /** Options of Node itself for the reader, beside those that it always gets. */
  readonly nodeOptions: readonly string[];
}
