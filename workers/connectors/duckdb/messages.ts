import { z } from 'zod';
import { CatalogTable } from '../../../shared/catalog.ts';
import { ConnectionFailureCodeSchema } from '../../../shared/failures/connection-failures.ts';

/** What a reader is started with, as JSON in its only argument. Nothing in it is secret. */
export const ReaderRequest = z.object({
  /** The folder of all database files; null when the operator has configured none. */
  root: z.string().nullable(),
  /** The file below it, as the customer named it. */
  name: z.string(),
  /** Prove that the catalog can be read, or read it. */
  work: z.enum(['prove', 'read']),
  engineMemoryMiB: z.number(),
  maxPartsPerTable: z.number(),
  maxTableCharacters: z.number(),
});

/**
 * What a reader says, a line of JSON each, in this order: opened, answered, then proved or one
 * message per table, then end. A failure comes instead of any of them and is the last.
 */
export const ReaderMessage = z.discriminatedUnion('is', [
  z.object({ is: z.literal('opened') }),
  z.object({ is: z.literal('answered'), version: z.string() }),
  z.object({ is: z.literal('proved') }),
  z.object({ is: z.literal('table'), table: CatalogTable }),
  z.object({ is: z.literal('end') }),
  z.object({ is: z.literal('failure'), code: ConnectionFailureCodeSchema }),
]);

export type ReaderRequest = z.infer<typeof ReaderRequest>;
export type ReaderMessage = z.infer<typeof ReaderMessage>;
