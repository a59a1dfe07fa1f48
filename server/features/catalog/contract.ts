import { z } from 'zod';
import { CatalogColumn, CatalogTable, tableKinds } from '../../../shared/catalog.ts';
import { Id } from '../../../shared/ids.ts';
import { text } from '../../../shared/text.ts';
import { pageInput } from '../../paging/paging.ts';

/** A moment of the past. What PostgreSQL cannot store, and what no catalog is as old as, is refused. */
export const Moment = z.iso
  .datetime({ offset: true })
  .refine((time) => Date.parse(time) >= 0, 'Must be a moment after 1970');

// Names in a catalog have no limit; those that somebody asks for are as long as a query may be.
const CatalogName = text({ min: 1, max: 5_000 });
const SearchText = text({ min: 1, max: 200 });

export const source = { orgId: Id, id: Id };

/** ADMINs alone may ask for what is hidden. */
const includeHidden = z.boolean().optional();

export const ListTables = z.strictObject({
  ...source,
  schema: CatalogName.optional(),
  kind: z.enum(tableKinds).optional(),
  /** Part of a table's name, in any case. */
  search: SearchText.optional(),
  /** The catalog as it was then; as it is now when absent. */
  asOf: Moment.optional(),
  includeHidden,
  ...pageInput,
});

export const GetTable = z.strictObject({
  ...source,
  tableId: Id,
  asOf: Moment.optional(),
  includeHidden,
});

export const ListSchemas = z.strictObject({ ...source, includeHidden, ...pageInput });

export const SearchColumns = z.strictObject({
  orgId: Id,
  /** Part of a column's name, in any case. */
  search: SearchText,
  includeHidden,
  ...pageInput,
});

const notes = {
  /** What people write about it; beside `comment`, which is the database's own and is synced. */
  description: z.string().nullable(),
  customAiContext: z.string().nullable(),
  isHidden: z.boolean(),
};

const noteChanges = {
  description: text({ max: 10_000 }).nullable().optional(),
  customAiContext: text({ max: 50_000 }).nullable().optional(),
  /** Hidden from the whole organization: it is in no list, search or history any more. */
  isHidden: z.boolean().optional(),
};

export const UpdateSchema = z.strictObject({ ...source, schemaId: Id, ...noteChanges });
export const UpdateTable = z.strictObject({ ...source, tableId: Id, ...noteChanges });
export const UpdateColumn = z.strictObject({
  ...source,
  tableId: Id,
  /** The name of the column, which has no id because it has no life of its own. */
  column: CatalogName,
  ...noteChanges,
});

export const Schema = z
  .object({ id: z.string(), name: z.string(), ...notes })
  .meta({ id: 'Schema' });

export const Column = z.object({ ...CatalogColumn.shape, ...notes }).meta({ id: 'Column' });

/** A table of a data source. `id` stays the same over syncs, changes and re-creations. */
export const Table = z
  .object({ id: z.string(), ...CatalogTable.shape, columns: z.array(Column), ...notes })
  .meta({ id: 'Table' });

/** A table with those of its columns that a search found. */
export const ColumnMatch = z
  .object({
    /** Of the table. */
    id: z.string(),
    dataSourceId: z.string(),
    schema: z.string(),
    name: z.string(),
    kind: z.enum(tableKinds),
    columns: z.array(Column),
  })
  .meta({ id: 'ColumnMatch' });

export const GetCatalogSettings = z.strictObject({ orgId: Id });
export const UpdateCatalogSettings = z.strictObject({
  orgId: Id,
  historyDays: z.int().min(1).max(3_650).optional(),
});

export const CatalogSettings = z
  .object({
    /** How many days a version of a table is kept after it was replaced or removed. */
    historyDays: z.int(),
  })
  .meta({ id: 'CatalogSettings' });

export type ListTables = z.infer<typeof ListTables>;
export type GetTable = z.infer<typeof GetTable>;
export type ListSchemas = z.infer<typeof ListSchemas>;
export type SearchColumns = z.infer<typeof SearchColumns>;
export type UpdateSchema = z.infer<typeof UpdateSchema>;
export type UpdateTable = z.infer<typeof UpdateTable>;
export type UpdateColumn = z.infer<typeof UpdateColumn>;
export type Schema = z.infer<typeof Schema>;
export type Column = z.infer<typeof Column>;
export type Table = z.infer<typeof Table>;
export type ColumnMatch = z.infer<typeof ColumnMatch>;
export type UpdateCatalogSettings = z.infer<typeof UpdateCatalogSettings>;
export type CatalogSettings = z.infer<typeof CatalogSettings>;
