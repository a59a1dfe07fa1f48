import { defineEntity, p } from '@mikro-orm/core';
import { tableKinds, type CatalogTable as Definition } from '../../catalog.ts';

/** One version of one table. The current version has no `validTo`. */
export const CatalogTable = defineEntity({
  name: 'CatalogTable',
  tableName: 'catalog_table',
  properties: {
    /** Follows from data source, schema and name, so it is the same over all versions. */
    tableId: p.string().primary(),
    validFrom: p.datetime(3).primary(),
    validTo: p.datetime(3).strictNullable(),
    /** Why it ended, when not because the table changed or went. */
    endReason: p.enum(['deselected']).strictNullable(),
    dataSourceId: p.string(),
    schemaName: p.text(),
    name: p.text(),
    kind: p.enum(tableKinds),
    /** What columns are found by: their names in lower case, the first 400 characters of each. */
    columnNames: p.array(),
    definition: p.json<Omit<Definition, 'rowEstimate'>>(),
    /** SHA-256 of the definition's canonical form. */
    hash: p.blob(),
    rowEstimate: p.float().strictNullable(),
  },
});
