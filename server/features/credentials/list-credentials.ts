import { sql } from 'kysely';
import { connectionUri, maskedPassword } from '../../../shared/connection-uri.ts';
import { forEachSecret, type Connection, type SecretField } from '../../../shared/connection.ts';
import type { Dialect } from '../../../shared/dialects.ts';
import { credentialIdOf, dataSourceIdOf } from '../../../shared/ids.ts';
import type { CallerContext } from '../../context.ts';
import { usableDataSources } from '../../middleware/data-source-access.ts';
import { isoTime, isoTimeOrNull, toPage } from '../../paging.ts';
import type { Credential, ListCredentials } from './contract.ts';

interface Row {
  id: string;
  display_name: string;
  dialect: Dialect;
  connection: Connection;
  last_revealed_at: string | null;
  secrets: { readonly [F in SecretField]?: { version: number; updated_at: string } };
}

/** The masked credentials of the data sources that the caller may use, newest first, in one statement. */
export async function listCredentials(
  ctx: Pick<CallerContext, 'em' | 'principal'>,
  { orgId, limit, cursor }: ListCredentials,
) {
  const before = cursor === undefined ? sql`true` : sql`data_source.id < ${dataSourceIdOf(cursor)}`;
  const { rows } = await sql<Row>`
    select id, display_name, dialect, connection, last_revealed_at, coalesce((
      select json_object_agg(e.field, json_build_object('version', e.version,
        'updated_at', e.created_at))
      from secret_envelope e
      where e.owner_id = data_source.id and e.owner_type = 'data_source' and e.retired_at is null
    ), '{}') as secrets
    from data_source
    where organization_id = ${orgId} and deleted_at is null
      and ${usableDataSources(ctx.principal)} and ${before}
    order by id desc limit ${limit + 1}`.execute(ctx.em.getKysely());
  return toPage(rows, limit, toCredential);
}

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

function toState(current: Row['secrets'][SecretField]): Credential['secrets'][SecretField] {
  if (!current) return { isSet: false, version: null, updatedAt: null };
  // Inside of JSON PostgreSQL writes times in ISO 8601.
  const updatedAt = isoTime(new Date(current.updated_at));
  return { isSet: true, version: current.version, updatedAt };
}
