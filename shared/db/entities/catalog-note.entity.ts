import { defineEntity, p } from '@mikro-orm/core';
import { baseProperties, tenantFilter } from '../base.entity.ts';

const noteKinds = ['schema', 'table', 'column'] as const;

/** What people say of a schema, a table or a column. Stays when syncs come and tables go. */
export const CatalogNote = defineEntity({
  name: 'CatalogNote',
  tableName: 'catalog_note',
  properties: {
    /** Of what it is about: `sch_`, `tbl_`, `col_`. */
    ...baseProperties,
    organizationId: p.string(),
    dataSourceId: p.string(),
    kind: p.enum(noteKinds),
    /** The table that it is about or that its column belongs to. */
    tableId: p.string().strictNullable(),
    /** Of the schema, the table or the column. */
    name: p.text(),
    description: p.text().strictNullable(),
    customAiContext: p.text().strictNullable(),
    isHidden: p.boolean().default(false),
  },
  filters: tenantFilter,
});
