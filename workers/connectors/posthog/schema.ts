import { z } from 'zod';
import type { CatalogColumn, CatalogTable } from '../../../shared/catalog.ts';

/** An object as its entries: its names are the customer's, `__proto__` included. */
const entriesOf = <T>(value: z.ZodType<T>) =>
  z.preprocess(
    (given) =>
      typeof given === 'object' && given !== null && !Array.isArray(given)
        ? Object.entries(given)
        : given,
    z.array(z.tuple([z.string(), value])),
  );

// frontend/src/queries/schema/schema-general.ts of PostHog, DatabaseSchemaField and DatabaseSchemaTable.
const Field = z.object({ type: z.string() });
const Table = z.object({
  type: z.string(),
  fields: entriesOf(Field),
  row_count: z.number().nullish(),
});

/** The answer to a DatabaseSchemaQuery. */
export const DatabaseSchema = z.object({ tables: entriesOf(Table) });
export type DatabaseSchema = z.infer<typeof DatabaseSchema>;

/** The answer to a HogQLQuery, as far as we look at it. */
export const HogqlAnswer = z.object({ results: z.array(z.array(z.unknown())) });

const kinds: { readonly [type: string]: CatalogTable['kind'] | undefined } = {
  view: 'view',
  managed_view: 'view',
  materialized_view: 'materialized view',
};

/** Ways from a table to others, which HogQL lists among the fields and which hold no values. */
const notColumns = new Set([
  'lazy_table',
  'virtual_table',
  'field_traverser',
  'view',
  'materialized_view',
]);

/** HogQL knows one namespace per project. */
const schemaName = 'posthog';

/**
 * A table as PostHog describes it: names, types and, for synced tables, a count of rows. It says
 * nothing on keys, comments or nullability; every HogQL expression may be null, so columns are.
 */
export function toCatalogTable([name, table]: DatabaseSchema['tables'][number]): CatalogTable {
  return {
    schema: schemaName,
    name,
    kind: kinds[table.type] ?? 'table',
    comment: null,
    rowEstimate: table.row_count ?? null,
    columns: table.fields.flatMap(([field, { type }]) =>
      notColumns.has(type) ? [] : [toColumn(field, type)],
    ),
    primaryKey: null,
    uniqueKeys: [],
    foreignKeys: [],
    checks: [],
    indexes: [],
    partitionOf: null,
    partitionKey: null,
  };
}

function toColumn(name: string, type: string): CatalogColumn {
  const nothing = { default: null, comment: null, generated: null, identity: null };
  return { name, type, nullable: true, ...nothing };
}
