import { z } from 'zod';

// BigQuery REST API v2: DatasetList, TableList and Table, as far as a catalog needs them. What is
// empty there is absent; 64 bit integers are texts.

export const DatasetList = z.object({
  kind: z.literal('bigquery#datasetList'),
  datasets: z.array(z.object({ datasetReference: z.object({ datasetId: z.string() }) })).optional(),
  nextPageToken: z.string().optional(),
});

export const TableList = z.object({
  kind: z.literal('bigquery#tableList'),
  tables: z.array(z.object({ tableReference: z.object({ tableId: z.string() }) })).optional(),
  nextPageToken: z.string().optional(),
});

export const Dataset = z.object({ kind: z.literal('bigquery#dataset') });

/** TableFieldSchema. */
export const Field = z.object({
  name: z.string(),
  type: z.string(),
  mode: z.string().optional(),
  description: z.string().optional(),
  defaultValueExpression: z.string().optional(),
  maxLength: z.string().optional(),
  precision: z.string().optional(),
  scale: z.string().optional(),
  timestampPrecision: z.string().optional(),
  rangeElementType: z.object({ type: z.string() }).optional(),
  generatedColumn: z
    .object({
      generatedExpressionInfo: z
        .object({ generationExpression: z.string().optional(), stored: z.boolean().optional() })
        .optional(),
    })
    .optional(),
  get fields() {
    return z.array(Field).optional();
  },
});
export type Field = z.infer<typeof Field>;

const TableReference = z.object({
  projectId: z.string(),
  datasetId: z.string(),
  tableId: z.string(),
});

const ForeignKey = z.object({
  name: z.string().optional(),
  referencedTable: TableReference,
  columnReferences: z.array(
    z.object({ referencingColumn: z.string(), referencedColumn: z.string() }),
  ),
});
export type ForeignKey = z.infer<typeof ForeignKey>;

export const Table = z.object({
  kind: z.literal('bigquery#table'),
  type: z.string(),
  description: z.string().optional(),
  numRows: z
    .string()
    .regex(/^\d{1,19}$/)
    .optional(),
  schema: z.object({ fields: z.array(Field).optional() }).optional(),
  timePartitioning: z.object({ type: z.string(), field: z.string().optional() }).optional(),
  rangePartitioning: z
    .object({
      field: z.string(),
      range: z.object({ start: z.string(), end: z.string(), interval: z.string() }),
    })
    .optional(),
  tableConstraints: z
    .object({
      primaryKey: z.object({ columns: z.array(z.string()) }).optional(),
      foreignKeys: z.array(ForeignKey).optional(),
    })
    .optional(),
});
export type Table = z.infer<typeof Table>;

/** The fields of a table that are asked for: no labels, no text of views, no statistics but the rows. */
export const tableFields = Object.keys(Table.shape).join(',');
