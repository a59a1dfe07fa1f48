import { pageOf } from '../../paging/paging.ts';
import { dataSourceProcedure, organizationProcedure, router } from '../../trpc.ts';
import { ListChanges, TableChange } from './changes/contract.ts';
import {
  CatalogSettings,
  Column,
  ColumnMatch,
  GetCatalogSettings,
  GetTable,
  ListSchemas,
  ListTables,
  Schema,
  SearchColumns,
  Table,
  UpdateCatalogSettings,
  UpdateColumn,
  UpdateSchema,
  UpdateTable,
} from './contract.ts';
import { getTable } from './get-table.ts';
import { listChanges } from './list-changes.ts';
import { listSchemas } from './list-schemas.ts';
import { listTables } from './list-tables.ts';
import { updateColumn } from './notes/update-column.ts';
import { updateSchema } from './notes/update-schema.ts';
import { updateTable } from './notes/update-table.ts';
import { searchColumns } from './search-columns.ts';
import { getSettings } from './settings/get-settings.ts';
import { updateSettings } from './settings/update-settings.ts';

const tag = 'Catalog';
const organization = '/organizations/{orgId}';
const source = '/data-sources/{id}';
const table = `${source}/tables/{tableId}` as const;

export const catalog = router({
  listTables: dataSourceProcedure
    .meta({
      summary: 'List the tables of a data source, whole, by schema and name, now or at a moment',
      permission: 'data-sources:read',
      rest: {
        public: `GET ${organization}${source}/tables`,
        v1: 'GET /tables?data_source_id={id}',
        keyed: `GET ${source}/tables`,
      },
      tag,
    })
    .input(ListTables)
    .output(pageOf(Table))
    .query(({ ctx, input }) => listTables(ctx, input)),

  getTable: dataSourceProcedure
    .meta({
      summary: 'Get a table of a data source, now or at a moment',
      permission: 'data-sources:read',
      rest: {
        public: `GET ${organization}${table}`,
        v1: `GET ${table}`,
        keyed: `GET ${table}`,
      },
      tag,
    })
    .input(GetTable)
    .output(Table)
    .query(({ ctx, input }) => getTable(ctx, input)),

  listSchemas: dataSourceProcedure
    .meta({
      summary: 'List the schemas of a data source by name',
      permission: 'data-sources:read',
      rest: { public: `GET ${organization}${source}/schemas`, v1: `GET ${source}/schemas` },
      tag,
    })
    .input(ListSchemas)
    .output(pageOf(Schema))
    .query(({ ctx, input }) => listSchemas(ctx, input)),

  listChanges: dataSourceProcedure
    .meta({
      summary: 'List what changed in a schema between two moments, classed by its impact',
      permission: 'data-sources:read',
      rest: { public: `GET ${organization}${source}/changes`, v1: `GET ${source}/changes` },
      tag,
    })
    .input(ListChanges)
    .output(pageOf(TableChange))
    .query(({ ctx, input }) => listChanges(ctx, input)),

  searchColumns: organizationProcedure
    .meta({
      summary: 'Find columns by name in all data sources, table by table',
      permission: 'data-sources:read',
      rest: { public: `GET ${organization}/columns`, v1: 'GET /columns' },
      tag,
    })
    .input(SearchColumns)
    .output(pageOf(ColumnMatch))
    .query(({ ctx, input }) => searchColumns(ctx, input)),

  updateSchema: dataSourceProcedure
    .meta({
      summary: 'Describe or hide a schema',
      permission: 'data-sources:write',
      rest: {
        public: `PATCH ${organization}${source}/schemas/{schemaId}`,
        v1: `PATCH ${source}/schemas/{schemaId}`,
      },
      tag,
    })
    .input(UpdateSchema)
    .output(Schema)
    .mutation(({ ctx, input }) => updateSchema(ctx, input)),

  updateTable: dataSourceProcedure
    .meta({
      summary: 'Describe or hide a table',
      permission: 'data-sources:write',
      rest: { public: `PATCH ${organization}${table}`, v1: `PATCH ${table}` },
      tag,
    })
    .input(UpdateTable)
    .output(Table)
    .mutation(({ ctx, input }) => updateTable(ctx, input)),

  updateColumn: dataSourceProcedure
    .meta({
      summary: 'Describe or hide a column, which the body names',
      permission: 'data-sources:write',
      rest: { public: `PATCH ${organization}${table}/columns`, v1: `PATCH ${table}/columns` },
      tag,
    })
    .input(UpdateColumn)
    .output(Column)
    .mutation(({ ctx, input }) => updateColumn(ctx, input)),

  getSettings: organizationProcedure
    .meta({
      summary: 'Get how an organization keeps its catalogs',
      permission: 'data-sources:read',
      rest: { public: `GET ${organization}/catalog-settings`, v1: 'GET /catalog-settings' },
      tag,
    })
    .input(GetCatalogSettings)
    .output(CatalogSettings)
    .query(({ ctx, input }) => getSettings(ctx, input)),

  updateSettings: organizationProcedure
    .meta({
      summary: 'Change how an organization keeps its catalogs',
      permission: 'organizations:write',
      rest: { public: `PATCH ${organization}/catalog-settings`, v1: 'PATCH /catalog-settings' },
      tag,
    })
    .input(UpdateCatalogSettings)
    .output(CatalogSettings)
    .mutation(({ ctx, input }) => updateSettings(ctx, input)),
});
