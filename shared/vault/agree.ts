import { sql } from 'kysely';
import type { EntityManager } from '../db/orm.ts';
import { EnvError } from '../env.ts';
import { keyId } from './envelope.ts';

/**
 * The active public key comes from the process's own configuration, never from the database: a row
 * that was slipped in would otherwise have secrets sealed for a stranger. Enters the key when there
 * is none yet; throws `EnvError` when the database names another.
 */
export async function assertSealingKey(em: EntityManager, publicKey: Uint8Array): Promise<void> {
  const db = em.getKysely();
  const kid = keyId(publicKey);
  await sql`
    insert into sealing_key (kid, public_key, is_active, created_at)
    values (${kid}, ${Buffer.from(publicKey)}, true, now()) on conflict do nothing`.execute(db);
  const { rows } = await sql<{ kid: string; public_key: Buffer }>`
    select kid, public_key from sealing_key where is_active`.execute(db);
  const [active] = rows;
  if (active?.kid === kid && active.public_key.equals(publicKey)) return;
  throw new EnvError(
    'The environment variable VAULT_PUBLIC_KEY_FILE holds another key than the one this database was set up with.',
  );
}
