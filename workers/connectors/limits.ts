const MiB = 1024 * 1024;

/** Beyond these a catalog is refused with LIMIT_EXCEEDED. Nothing is ever cut silently. */
export interface CatalogLimits {
  readonly maxTables: number;
  readonly maxColumns: number;
  /** Of all rows of one read together, as they come over the wire. */
  readonly maxBytes: number;
  /** Columns, keys or indexes of one table, each. PostgreSQL itself stops at 1,600 columns. */
  readonly maxPartsPerTable: number;
  /** Of one table, as it comes over the wire: it is the unit that is held in memory. */
  readonly maxTableBytes: number;
}

export const defaultCatalogLimits: CatalogLimits = {
  maxTables: 1_000_000,
  maxColumns: 20_000_000,
  maxBytes: 4_096 * MiB,
  maxPartsPerTable: 50_000,
  maxTableBytes: 32 * MiB,
};

/** How much a server may send before it is cut off. */
export interface WireLimits {
  /** One row, or what pretends to be one. */
  readonly maxRowBytes: number;
  /** All of one answer that is no row: errors, messages, descriptions of columns, sign-in. */
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
