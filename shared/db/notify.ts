import { sql } from 'kysely';
import type { Channel } from './listener.ts';
import type { EntityManager } from './orm.ts';

/** Tells every listening process; inside a transaction, when and only when it commits. */
export async function notify(em: EntityManager, channel: Channel, payload: string): Promise<void> {
  await sql`select pg_notify(${channel}, ${payload})`.execute(em.getKysely());
}
