import { z } from 'zod';
import { connectionInput, connectionPatch, SshHostKey } from '../../../shared/connection.ts';
import { syncStatuses } from '../../../shared/db/entities/data-source.entity.ts';
import { syncRunStatuses, syncTriggers } from '../../../shared/db/entities/sync-run.entity.ts';
import { DialectSchema } from '../../../shared/dialects.ts';
import { environments } from '../../../shared/environments.ts';
import { Id } from '../../../shared/ids.ts';
import { TablePatterns } from '../../../shared/patterns/table-pattern.ts';
import { ConnectionHealthStatus, ExplainedStep } from '../../../shared/probe.ts';
import { text } from '../../../shared/text.ts';
import { pageInput } from '../../paging/paging.ts';

const DisplayName = text({ min: 1, max: 200 });
const Description = text({ max: 10_000 });

export const CreateDataSource = z.strictObject({
  orgId: Id,
  type: z.literal('direct'),
  dialect: DialectSchema,
  displayName: DisplayName,
  description: Description.optional(),
  /** Which keys reach it: `test` ones or all others. */
  environment: z.enum(environments).optional(),
  tablePatterns: TablePatterns.optional(),
  ...connectionInput,
});

export const VerifyDataSource = z.strictObject({
  orgId: Id,
  dialect: DialectSchema,
  ...connectionInput,
});

export const UpdateDataSource = z.strictObject({
  orgId: Id,
  id: Id,
  displayName: DisplayName.optional(),
  description: Description.optional(),
  /** Replaces all of them; none is every table. */
  tablePatterns: TablePatterns.optional(),
  ...connectionPatch,
  unsetPassword: z.boolean().optional(),
  unsetSshPassword: z.boolean().optional(),
  unsetSshPrivateKey: z.boolean().optional(),
  unsetSshPrivateKeyPassphrase: z.boolean().optional(),
});

export const ApproveSshHostKey = z.strictObject({
  orgId: Id,
  id: Id,
  fingerprint: SshHostKey.min(1),
});

export const DataSourceRef = z.strictObject({ orgId: Id, id: Id });
export const ListDataSources = z.strictObject({ orgId: Id, ...pageInput });
export const SyncRef = z.strictObject({ orgId: Id, id: Id, syncId: Id });
export const ListSyncs = z.strictObject({ orgId: Id, id: Id, ...pageInput });

const Time = z.iso.datetime();
const SyncStatus = z.enum(syncStatuses).meta({ id: 'SyncStatus' });
const textOrNull = z.string().nullable();

/** The data source of the contract: every field required, no secret in it. */
export const DataSource = z
  .object({
    id: z.string(),
    displayName: z.string(),
    description: z.string(),
    dialect: DialectSchema,
    databaseName: textOrNull,
    username: textOrNull,
    host: textOrNull,
    port: z.number().nullable(),
    sslEnabled: z.boolean().nullable(),
    sslCustomCertificatesEnabled: z.boolean().nullable(),
    sshEnabled: z.boolean().nullable(),
    sshHost: textOrNull,
    sshPort: z.number().nullable(),
    sshUsername: textOrNull,
    bigQueryProjectId: textOrNull,
    spannerInstanceId: textOrNull,
    athenaWorkgroup: textOrNull,
    athenaOutputLocation: textOrNull,
    athenaCatalog: textOrNull,
    snowflakeAccountId: textOrNull,
    snowflakeWarehouse: textOrNull,
    snowflakeRole: textOrNull,
    lastSuccessfulSyncAt: Time.nullable(),
    lastSyncStatus: SyncStatus,
    lastSyncAttemptAt: Time.nullable(),
    hasCompletedFirstSync: z.boolean(),
    syncErrorMessage: textOrNull,
    lastHealthyAt: Time,
    lastHealthStatus: ConnectionHealthStatus,
    lastHealthCheckAttemptAt: Time,
    isDemo: z.boolean(),
    isBasedashWarehouse: z.boolean(),
    mutatingQueriesEnabled: z.boolean(),
    createdAt: Time,
    updatedAt: Time,
  })
  .meta({ id: 'DataSource' });

/** What decides which tables of a data source are synced. */
export const SyncedTables = z.object({ tablePatterns: TablePatterns }).meta({ id: 'SyncedTables' });

export const DeletedDataSource = z.object({ id: z.string(), deleted: z.literal(true) });
export const ApprovedSshHostKey = z.object({ id: z.string(), sshHostKey: z.string() });

/** A connection that works. */
export const Verified = z.object({ success: z.literal(true) });

/** The same with how it went. */
export const Verification = Verified.extend({
  steps: z.array(ExplainedStep),
  durationMs: z.number(),
  /** The server's own version text; null when it does not tell. */
  serverVersion: textOrNull,
  /** What the SSH server showed; null without a tunnel. */
  sshHostKey: textOrNull,
  certificateExpiresInDays: z.int().nullable(),
}).meta({ id: 'Verification' });

export const SyncRun = z
  .object({
    id: z.string(),
    dataSourceId: z.string(),
    trigger: z.enum(syncTriggers),
    status: z.enum(syncRunStatuses),
    errorMessage: textOrNull,
    startedAt: Time.nullable(),
    finishedAt: Time.nullable(),
    tables: z.int().nullable(),
    columns: z.int().nullable(),
    tablesAdded: z.int().nullable(),
    tablesChanged: z.int().nullable(),
    tablesRemoved: z.int().nullable(),
    /** Tables that left the catalog because of patterns, without a look at whether they are there. */
    tablesDeselected: z.int().nullable(),
    /** How far a sync that is pending has come, a second old at most; null before its first second. */
    tablesRead: z.int().nullable(),
    columnsRead: z.int().nullable(),
    createdAt: Time,
  })
  .meta({ id: 'SyncRun' });

export type CreateDataSource = z.infer<typeof CreateDataSource>;
export type VerifyDataSource = z.infer<typeof VerifyDataSource>;
export type UpdateDataSource = z.infer<typeof UpdateDataSource>;
export type ApproveSshHostKey = z.infer<typeof ApproveSshHostKey>;
export type ApprovedSshHostKey = z.infer<typeof ApprovedSshHostKey>;
export type DataSourceRef = z.infer<typeof DataSourceRef>;
export type DataSource = z.infer<typeof DataSource>;
export type Verification = z.infer<typeof Verification>;
export type SyncRef = z.infer<typeof SyncRef>;
export type SyncedTables = z.infer<typeof SyncedTables>;
export type SyncRun = z.infer<typeof SyncRun>;
