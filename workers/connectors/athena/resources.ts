import { z } from 'zod';

// Athena API reference, as far as a catalog needs it. What is empty may be absent or null.

export const WorkGroup = z.object({
  WorkGroup: z.object({
    State: z.string().nullish(),
    Configuration: z
      .object({
        EngineVersion: z.object({ EffectiveEngineVersion: z.string().nullish() }).nullish(),
      })
      .nullish(),
  }),
});
export type WorkGroup = z.infer<typeof WorkGroup>;

export const DatabaseList = z.object({
  DatabaseList: z.array(z.object({ Name: z.string() })),
  NextToken: z.string().nullish(),
});

export const Database = z.object({ Database: z.object({ Name: z.string() }) });

const Column = z.object({
  Name: z.string(),
  Type: z.string().nullish(),
  Comment: z.string().nullish(),
});
export type Column = z.infer<typeof Column>;

const TableMetadata = z.object({
  Name: z.string(),
  TableType: z.string().nullish(),
  Columns: z.array(Column).nullish(),
  PartitionKeys: z.array(Column).nullish(),
  Parameters: z.record(z.string(), z.string().nullable()).nullish(),
});
export type TableMetadata = z.infer<typeof TableMetadata>;

export const TableMetadataList = z.object({
  TableMetadataList: z.array(TableMetadata),
  NextToken: z.string().nullish(),
});
