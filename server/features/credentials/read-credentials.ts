import { sql } from 'kysely';
import { connectionUri, maskedPassword } from '../../../shared/connection-uri.ts';
import { forEachSecret, type SecretField } from '../../../shared/connection.ts';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { notFound } from '../../../shared/errors.ts';
import { credentialIdOf, dataSourceIdOf } from '../../../shared/ids.ts';
import type { CallerContext } from '../../context.ts';
import { usableDataSources } from '../../middleware/data-source-access.ts';
import { isoTime, isoTimeOrNull, readPage, type ListOrder } from '../../paging/paging.ts';
import type { Credential, CredentialRef, ListCredentials } from './contract.ts';

/** The masked credentials of the data sources that the caller may use, newest first, in one statement. */
export async function listCredentials(
  ctx: Pick<CallerContext, 'em' | 'principal' | 'request'>,
  input: ListCredentials,
) {
  const query = selectCredentials(ctx.em, input.orgId).where(usableDataSources(ctx.principal));
  return readPage(ctx, query, input, toCredential, newestFirst);
}

/** One of them, or NOT_FOUND. */
export async function getCredential(
  { em, principal }: Pick<CallerContext, 'em' | 'principal'>,
  { orgId, id }: CredentialRef,
): Promise<Credential> {
  const row = await selectCredentials(em, orgId)
    .where('id', '=', dataSourceIdOf(id))
    .where(usableDataSources(principal))
    .executeTakeFirst();
  if (!row) throw notFound('Credential');
  return toCredential(row);
}

const newestFirst: ListOrder = {
  by: sql`id desc`,
  after: (cursor) => sql`id < ${dataSourceIdOf(cursor)}`,
};

interface Current {
  readonly version: number;
  readonly updated_at: string;
}

const currentSecrets = sql<{ readonly [F in SecretField]?: Current }>`coalesce((
  select json_object_agg(e.field, json_build_object('version', e.version,
    'updated_at', e.created_at))
  from secret_envelope e
  where e.owner_id = data_source.id and e.owner_type = 'data_source' and e.retired_at is null
), '{}')`;

function selectCredentials(em: EntityManager, organizationId: string) {
  return em
    .getKysely()
    .selectFrom('data_source')
    .select(['id', 'display_name', 'dialect', 'connection', 'last_revealed_at'])
    .select(currentSecrets.as('secrets'))
    .where('organization_id', '=', organizationId)
    .where('deleted_at', 'is', null);
}

type Row = Awaited<ReturnType<ReturnType<typeof selectCredentials>['execute']>>[number];

function toCredential(row: Row): Credential {
  const { connection, secrets } = row;
  return {
    id: credentialIdOf(row.id),
    name: row.display_name,
    dataSourceId: row.id,
    dialect: row.dialect,
    username: connection.username,
    host: connection.host,
    port: connection.port,
    databaseName: connection.databaseName,
    uri: connectionUri(connection, secrets.password ? maskedPassword : null),
    secrets: forEachSecret((field) => toState(secrets[field])),
    lastRevealedAt: isoTimeOrNull(row.last_revealed_at),
  };
}

function toState(current: Current | undefined): Credential['secrets'][SecretField] {
  if (!current) return { isSet: false, version: null, updatedAt: null };
  // Inside of JSON PostgreSQL writes times in ISO 8601.
  const updatedAt = isoTime(new Date(current.updated_at));
  return { isSet: true, version: current.version, updatedAt };
}
