import type { ZodType } from 'zod';
import type { CatalogTable } from '../../../shared/catalog.ts';
import {
  defaultHttpDeadlines,
  type HttpDeadlines,
  type HttpRoute,
  openHttp,
  type HttpStep,
  statusFailure,
} from '../../egress/http/http.ts';
import { ConnectionFailure, type ConnectionTarget } from '../connector.ts';
import { connectorBySession } from '../connector-by-session.ts';
import { JsonApi } from '../json-api.ts';
import { type CatalogLimits, defaultCatalogLimits } from '../limits.ts';
import type { ProbeStepper } from '../probe-steps.ts';
import { DatabaseSchema, HogqlAnswer, toCatalogTable } from './schema.ts';

export interface PosthogSettings {
  readonly deadlines: HttpDeadlines;
  readonly limits: CatalogLimits;
  readonly route: HttpRoute;
  /** Of the one answer that holds the whole schema. */
  readonly maxSchemaBytes: number;
}

/**
 * The connector of POSTHOG: its cloud or a self-hosted one, always over HTTPS, with a personal API
 * key that has the scope `query:read`. PostHog allows few queries an hour (120 by default), so a probe
 * takes two and a catalog one. https://posthog.com/docs/api/queries
 */
export const createPosthogConnector = connectorBySession<PosthogSettings, PosthogSession>({
  defaults: {
    deadlines: defaultHttpDeadlines,
    limits: defaultCatalogLimits,
    route: {},
    maxSchemaBytes: 64 * 1024 * 1024,
  },
  open,
  prove,
  read: (session, { settings }) => readTables(session, settings.limits),
});

async function prove(session: PosthogSession, step: ProbeStepper): Promise<string> {
  const answer = await step('sign-in', () => session.query(HogqlAnswer, selectOne));
  await step('query', () => {
    const [[value] = []] = answer.results;
    if (value === 1) return Promise.resolve();
    return Promise.reject(new ConnectionFailure('PROTOCOL_ERROR'));
  });
  await step('catalog', () => session.query(DatabaseSchema, schemaQuery));
  return 'PostHog';
}

async function* readTables(
  session: PosthogSession,
  { maxTables, maxColumns, maxPartsPerTable }: CatalogLimits,
): AsyncGenerator<CatalogTable> {
  const { tables } = await session.query(DatabaseSchema, schemaQuery);
  const columns = tables.reduce((sum, [, table]) => sum + table.fields.length, 0);
  const widest = tables.reduce((most, [, table]) => Math.max(most, table.fields.length), 0);
  if (tables.length > maxTables || columns > maxColumns || widest > maxPartsPerTable) {
    throw new ConnectionFailure('LIMIT_EXCEEDED');
  }
  for (const table of tables) yield toCatalogTable(table);
}

const selectOne = { kind: 'HogQLQuery', query: 'select 1' };
const schemaQuery = { kind: 'DatabaseSchemaQuery' };

interface PosthogSession {
  query<T>(schema: ZodType<T>, query: object): Promise<T>;
  close(): Promise<void>;
}

async function open(
  target: ConnectionTarget,
  { deadlines, route, maxSchemaBytes }: PosthogSettings,
  signal: AbortSignal,
  step: HttpStep = (_name, work) => work(),
): Promise<PosthogSession> {
  const { origin, path, key } = endpointOf(target);
  const http = await openHttp(target, { origin, signal, deadlines, route, step });
  const api = new JsonApi(http, `Bearer ${key}`);
  return {
    query: (schema, query) =>
      api.call(schema, {
        method: 'POST',
        path,
        body: { query },
        maxBytes: maxSchemaBytes,
        // The key is good, but for other projects: PostHog says 404, or 403 within an organization.
        failure: (status) => statusFailure(status, { 404: 'DATABASE_NOT_FOUND' }),
      }),
    close: () => http.close(),
  };
}

interface Endpoint {
  readonly origin: string;
  readonly path: string;
  readonly key: string;
}

/** Throws DATABASE_NOT_FOUND for a project that is no number, AUTHENTICATION_FAILED without a key. */
function endpointOf({ connection, secrets }: ConnectionTarget): Endpoint {
  const { host, port, databaseName } = connection;
  if (!host) throw new ConnectionFailure('INTERNAL_ERROR');
  if (!/^\d{1,18}$/.test(databaseName ?? '')) throw new ConnectionFailure('DATABASE_NOT_FOUND');
  if (!secrets.password) throw new ConnectionFailure('AUTHENTICATION_FAILED');
  const written = host.includes(':') ? `[${host}]` : host;
  return {
    origin: `https://${written}${port ? `:${port}` : ''}`,
    path: `/api/projects/${databaseName}/query/`,
    key: secrets.password,
  };
}

export const posthog = createPosthogConnector();
