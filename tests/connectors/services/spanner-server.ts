import { z } from 'zod';
import { createSpannerConnector } from '../../../workers/connectors/spanner/connector.ts';
import { defaultDeadlines } from '../../../workers/connectors/spanner/limits.ts';
import { spannerHandler, type SpannerState } from '../../stand-ins/spanner.ts';
import { connectionTarget } from '../../support/connection-target.ts';
import { makeServiceAccountKey } from '../../support/sources/service-account.ts';
import { vendor } from './vendor-server.ts';

export const apiHost = 'spanner.googleapis.com';
export const tokenHost = 'oauth2.googleapis.com';

const Rows = z.array(z.array(z.union([z.string(), z.boolean(), z.null()])));
const Tables = z.array(
  z.object({
    ...{ schema: z.string(), name: z.string(), type: z.string(), columns: Rows, keys: Rows },
    ...{ checks: Rows, indexes: Rows },
  }),
);

/** A stand-in of Spanner with a service account that may read all of it, and a connector that knows it. */
export function makeSpanner() {
  const key = makeServiceAccountKey();
  const state: SpannerState = {
    ...{ email: key.email, keyId: key.keyId, publicKey: key.publicKey, tokenSeconds: 3_599 },
    scopes: ['https://www.googleapis.com/auth/spanner.data'],
    database: 'projects/basekeep-test/instances/main/databases/shop',
    hosts: { token: tokenHost, api: apiHost },
    ...{ tables: [], dialect: 'GOOGLE_STANDARD_SQL', sessions: new Set(), made: 0 },
    ...{ statements: [], refuse: () => null },
  };
  const connection = {
    bigQueryProjectId: 'basekeep-test',
    ...{ spannerInstanceId: 'main', databaseName: 'shop' },
  };
  const names = (tables: readonly { schema: string; name: string }[]) =>
    tables.map(({ schema, name }) => `${schema}.${name}`).sort();
  const standIn = vendor({
    host: apiHost,
    moreHosts: [tokenHost],
    connection: { host: null, ...connection },
    password: key.json(),
    handler: spannerHandler(state),
    execute: (text) => void state.tables.push(...Tables.parse(JSON.parse(text))),
    readBack: () => names(state.tables),
    summarize: names,
  });
  const settings = { route: standIn.route, deadlines: { ...defaultDeadlines, retryMs: 1 } };
  return {
    key,
    state,
    standIn,
    settings,
    connector: createSpannerConnector(settings),
    target: (more: object = {}, json = key.json()) =>
      connectionTarget({ dialect: 'SPANNER', ...connection, ...more }, json, 'bigQueryJsonKey'),
  };
}
