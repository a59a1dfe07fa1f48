import { sql } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';

/**
 * Lets one transaction at a time change the organization's settings or members. Not FOR UPDATE:
 * every audit event refers to its organization, so a writer that already holds the end of the chain
 * would wait for us while we wait for it.
 */
export async function lockOrganization(em: EntityManager, organizationId: string): Promise<void> {
  await sql`select from organization where id = ${organizationId} for no key update`.execute(
    em.getKysely(),
  );
}
