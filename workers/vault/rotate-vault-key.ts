import sodium from 'libsodium-wrappers';
import { sql } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';
import { EnvError } from '../../shared/env.ts';
import { keyId } from '../../shared/vault/envelope.ts';
import type { KeyPair } from './open.ts';
import { rewrap } from './rewrap.ts';

/** Every table whose rows hold something sealed: secrets of connections, of webhooks, invitations. */
const sealedTables = ['secret_envelope', 'webhook_secret', 'invitation'] as const;

/** Short enough that nobody waits for the rows of a batch. */
const batchSize = 500;

interface Rotation {
  /** How many were wrapped for the new key by this run. */
  readonly rewrapped: number;
  /** How many are sealed for any other key, after it. None: the old key can go. */
  readonly left: number;
}

interface Keys {
  readonly from: KeyPair;
  readonly to: KeyPair;
}

/**
 * Makes `to` the key that secrets are sealed for, and wraps everything that is sealed for `from`
 * again, a batch at a time while everybody goes on working. Whatever ends it, the next run goes on
 * from there; and one run more, when no API seals for the old key any longer, finds what those have
 * sealed meanwhile. Throws `EnvError` when the database is in the hands of a third key.
 */
export async function rotateVaultKey(em: EntityManager, keys: Keys): Promise<Rotation> {
  await sodium.ready;
  await activate(em, keys);
  let rewrapped = 0;
  let left = 0;
  for (const table of sealedTables) {
    for (let after = '(0,0)'; ;) {
      const batch = await em.fork().transactional((tx) => rewrapBatch(tx, { table, after, keys }));
      rewrapped += batch.rewrapped;
      if (batch.last === null) break;
      after = batch.last;
    }
    left += await countOthers(em, table, keyId(keys.to.publicKey));
  }
  return { rewrapped, left };
}

async function activate(em: EntityManager, { from, to }: Keys): Promise<void> {
  const [old, fresh] = [keyId(from.publicKey), keyId(to.publicKey)];
  await em.fork().transactional(async (tx) => {
    const db = tx.getKysely();
    const { rows } = await sql<{ kid: string }>`
      select kid from sealing_key where is_active for update`.execute(db);
    const kid = rows[0]?.kid ?? old;
    if (kid === fresh) return;
    if (kid !== old) {
      throw new EnvError(
        'The environment variable VAULT_OTHER_PRIVATE_KEY_FILE holds another key than the one this database was set up with.',
      );
    }
    await sql`update sealing_key set is_active = false where kid = ${old}`.execute(db);
    await sql`
      insert into sealing_key (kid, public_key, is_active, created_at)
      values (${fresh}, ${Buffer.from(to.publicKey)}, true, now())
      on conflict (kid) do update set is_active = true`.execute(db);
  });
}

interface Batch {
  readonly table: (typeof sealedTables)[number];
  /** The place of the last row of the batch before. What is written goes to later places. */
  readonly after: string;
  readonly keys: Keys;
}

async function rewrapBatch(em: EntityManager, { table, after, keys }: Batch) {
  const db = em.getKysely();
  const [old, fresh] = [keyId(keys.from.publicKey), keyId(keys.to.publicKey)];
  const { rows } = await sql<{ id: string; place: string; wrapped: Buffer }>`
    select id, ctid::text as place, wrapped from ${sql.table(table)}
    where kid = ${old} and ctid > ${after}::tid
    order by ctid limit ${batchSize} for no key update`.execute(db);
  // What does not unwrap is left as it is: it is counted in the end, and nobody could open it either.
  const done = rows.flatMap(({ id, wrapped }) => {
    const again = rewrap(wrapped, keys.from, keys.to);
    return again ? [{ id, wrapped: Buffer.from(again) }] : [];
  });
  const ids = done.map(({ id }) => id);
  const wraps = done.map(({ wrapped }) => wrapped);
  await sql`
    update ${sql.table(table)} as t set kid = ${fresh}, wrapped = v.wrapped
    from unnest(${ids}::text[], ${wraps}::bytea[]) as v (id, wrapped)
    where t.id = v.id and t.kid = ${old}`.execute(db);
  const last = rows.length < batchSize ? null : (rows.at(-1)?.place ?? null);
  return { rewrapped: done.length, last };
}

async function countOthers(em: EntityManager, table: Batch['table'], kid: string): Promise<number> {
  const { rows } = await sql<{ others: number }>`
    select count(*)::int as others from ${sql.table(table)} where kid <> ${kid}`.execute(
    em.getKysely(),
  );
  return rows[0]?.others ?? 0;
}
