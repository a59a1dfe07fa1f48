import { sql } from 'kysely';
import { z } from 'zod';
import { Connection, type SecretField } from '../shared/connection.ts';
import type { EntityManager } from '../shared/db/orm.ts';
import { Envelopes, envelopesOf, sealedSecrets } from './sealed-secrets.ts';
import type { SealedSecret } from './vault/open.ts';

/** A connection with what opens it, still sealed. */
export interface SealedConnection {
  readonly organizationId: string;
  readonly connection: Connection;
  readonly secrets: readonly SealedSecret<SecretField>[];
  /** The SSH server's host key on record, by its fingerprint; null before its first use. */
  readonly sshHostKey: string | null;
  /** The demo data source lives in our own database server, which nothing else may reach. */
  readonly isDemo: boolean;
}

export interface LoadedDataSource extends SealedConnection {
  readonly id: string;
  /** Which tables are synced; see shared/patterns. */
  readonly tablePatterns: readonly string[];
  /** Rises with every change of the connection, its secrets or patterns: older results are void. */
  readonly connectionVersion: number;
  /** Another one after every write to its row, whatever was written. */
  readonly rowVersion: string;
  /** Nobody wants it to be checked now. */
  readonly isPaused: boolean;
}

const Row = z.object({
  organization_id: z.string(),
  connection: Connection,
  connection_version: z.int(),
  row_version: z.string(),
  table_patterns: z.array(z.string()),
  ssh_host_key: z.string().nullable(),
  is_demo: z.boolean(),
  is_paused: z.boolean(),
  envelopes: Envelopes,
});

/** A data source and its envelopes as of one moment, or null when it is deleted. */
export async function loadDataSource(
  em: EntityManager,
  id: string,
): Promise<LoadedDataSource | null> {
  const { rows } = await sql<Record<string, unknown>>`
    select d.organization_id, d.connection, d.connection_version, d.xmin::text as row_version,
      d.table_patterns, d.ssh_host_key, d.is_demo, d.paused_at is not null as is_paused,
      ${sql.raw(envelopesOf('d', 'data_source'))} as envelopes
    from data_source d
    where d.id = ${id} and d.deleted_at is null`.execute(em.getKysely());
  if (!rows[0]) return null;
  const row = Row.parse(rows[0]);
  const { organization_id: organizationId, connection } = row;
  const owner = { organizationId, ownerType: 'data_source', ownerId: id, connection } as const;
  return {
    id,
    organizationId,
    connection,
    tablePatterns: row.table_patterns,
    connectionVersion: row.connection_version,
    rowVersion: row.row_version,
    sshHostKey: row.ssh_host_key,
    isDemo: row.is_demo,
    isPaused: row.is_paused,
    secrets: sealedSecrets(owner, row.envelopes),
  };
}

/**
 * Locks the data source for the rest of the transaction and tells whether it still is what the work
 * was done for.
 */
export async function lockDataSource(
  em: EntityManager,
  source: LoadedDataSource,
): Promise<'same' | 'changed' | 'deleted'> {
  const { rows } = await sql<{ connection_version: number }>`
    select connection_version from data_source
    where id = ${source.id} and deleted_at is null for update`.execute(em.getKysely());
  if (!rows[0]) return 'deleted';
  return rows[0].connection_version === source.connectionVersion ? 'same' : 'changed';
}
