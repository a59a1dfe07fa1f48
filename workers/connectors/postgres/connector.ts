import { connectorBySession } from '../connector-by-session.ts';
import { prove } from './prove.ts';
import { readTables } from './catalog/read-catalog.ts';
import type { PostgresSession } from './session.ts';
import { type PostgresSettings, postgresWire } from './wire.ts';

/** The connector of POSTGRES and SUPABASE: PostgreSQL 12 or newer, directly or behind a pooler. */
export const createPostgresConnector = connectorBySession<PostgresSettings, PostgresSession>({
  ...postgresWire,
  prove,
  read: (session, { target, settings, request }) =>
    readTables(session, {
      ...{ ...settings, memory: target.memory, dialect: target.connection.dialect, request },
    }),
});

export const postgres = createPostgresConnector();
