import { connectorBySession } from '../../connector-by-session.ts';
import type { PostgresSession } from '../session.ts';
import { type PostgresSettings, postgresWire } from '../wire.ts';
import { prove } from './prove.ts';
import { readTables } from './read-catalog.ts';

/** The connector of REDSHIFT, provisioned or serverless: PostgreSQL's wire and 8.0.2's catalogs. */
export const createRedshiftConnector = connectorBySession<PostgresSettings, PostgresSession>({
  ...postgresWire,
  prove,
  read: (session, { target: { memory }, settings }) => readTables(session, { ...settings, memory }),
});

export const redshift = createRedshiftConnector();
