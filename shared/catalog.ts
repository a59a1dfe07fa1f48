import { z } from 'zod';

// Names and expressions in a catalog are the customer's: unbounded, hostile and only ever data.
const Identifier = z.string();

export const CatalogColumn = z.object({
  name: Identifier,
  /** The type as the database itself writes it, modifiers included: `numeric(12,2)`. */
  type: z.string(),
  nullable: z.boolean(),
  /** The default as an SQL expression; null without one and for generated columns. */
  default: z.string().nullable(),
  comment: z.string().nullable(),
  /** The expression of a generated column. */
  generated: z.object({ kind: z.enum(['stored', 'virtual']), expression: z.string() }).nullable(),
  identity: z.enum(['always', 'by default']).nullable(),
});

const Key = z.object({ name: Identifier, columns: z.array(Identifier) });

const ReferentialAction = z.enum(['no action', 'restrict', 'cascade', 'set null', 'set default']);

export const CatalogForeignKey = Key.extend({
  referencedSchema: Identifier,
  referencedTable: Identifier,
  referencedColumns: z.array(Identifier),
  onUpdate: ReferentialAction,
  onDelete: ReferentialAction,
});

export const CatalogIndex = z.object({
  name: Identifier,
  unique: z.boolean(),
  method: z.string(),
  /** Key columns in order; exactly one of `name` and `expression` is set. */
  columns: z.array(
    z.object({
      name: Identifier.nullable(),
      expression: z.string().nullable(),
      descending: z.boolean(),
    }),
  ),
  /** Columns stored in the index without being part of its key. */
  includes: z.array(Identifier),
  /** The WHERE expression of a partial index. */
  predicate: z.string().nullable(),
});

export const tableKinds = [
  'table',
  'partitioned table',
  'view',
  'materialized view',
  'foreign table',
] as const;

/** One table of a data source as a connector reads it and as the catalog stores it. */
export const CatalogTable = z.object({
  schema: Identifier,
  name: Identifier,
  kind: z.enum(tableKinds),
  comment: z.string().nullable(),
  /** The engine's own estimate of rows; null when it has none. Not part of the definition's hash. */
  rowEstimate: z.number().nullable(),
  columns: z.array(CatalogColumn),
  primaryKey: Key.nullable(),
  uniqueKeys: z.array(Key),
  foreignKeys: z.array(CatalogForeignKey),
  checks: z.array(z.object({ name: Identifier, expression: z.string() })),
  indexes: z.array(CatalogIndex),
  /** For a partition: the table it belongs to and its bound. */
  partitionOf: z.object({ schema: Identifier, table: Identifier, bound: z.string() }).nullable(),
  /** For a partitioned table: its partition key, e.g. `RANGE (created_at)`. */
  partitionKey: z.string().nullable(),
});

export type CatalogTable = z.infer<typeof CatalogTable>;
export type CatalogColumn = z.infer<typeof CatalogColumn>;
export type CatalogForeignKey = z.infer<typeof CatalogForeignKey>;
export type CatalogIndex = z.infer<typeof CatalogIndex>;
