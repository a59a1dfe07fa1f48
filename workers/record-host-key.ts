import { sql } from 'kysely';
import type { EntityManager } from '../shared/db/orm.ts';
import type { LoadedDataSource } from './load-data-source.ts';

/** Whether a sign-in through this SSH server has shown a key of which there is to be a record. */
export function bringsHostKey(
  source: LoadedDataSource,
  fingerprint: string | null | undefined,
): fingerprint is string {
  return (
    Boolean(fingerprint) && source.sshHostKey === null && source.connection.sshHostKey === null
  );
}

/**
 * Puts the host key of an SSH server that has taken the sign-in on record, the first time; from then
 * on no other is trusted. A key that the person has named needs no record. The caller holds the lock
 * on the data source's row and has seen that it is the one that was connected to.
 */
export async function recordHostKey(
  em: EntityManager,
  source: LoadedDataSource,
  fingerprint: string | null | undefined,
): Promise<void> {
  if (!bringsHostKey(source, fingerprint)) return;
  await sql`
    update data_source set ssh_host_key = ${fingerprint}
    where id = ${source.id} and ssh_host_key is null`.execute(em.getKysely());
}
