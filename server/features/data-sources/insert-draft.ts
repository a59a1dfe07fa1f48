import { sql } from 'kysely';
import type { Connection } from '../../../shared/connection.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { insertEnvelopes } from './insert-envelopes.ts';
import type { sealSecrets } from './store-secrets.ts';

interface NewDraft {
  readonly id: string;
  readonly organizationId: string;
  readonly connection: Connection;
  readonly envelopes: ReturnType<typeof sealSecrets>;
}

/** Stores a connection that is to be tried, with its secrets, in one statement. */
export async function insertDraft(em: EntityManager, draft: NewDraft, now: Date): Promise<void> {
  const { id, organizationId, connection, envelopes } = draft;
  const owner = { organizationId, ownerType: 'connection_draft', ownerId: id } as const;
  await sql`
    with envelopes as (${insertEnvelopes(envelopes, owner, now)})
    insert into connection_draft (id, organization_id, connection, created_at, updated_at)
    values (${id}, ${organizationId}, ${JSON.stringify(connection)}, ${now}, ${now})`.execute(
    em.getKysely(),
  );
}
