import { z } from 'zod';
import { createBigQueryConnector } from '../../../workers/connectors/bigquery/connector.ts';
import { defaultDeadlines, defaultPace } from '../../../workers/connectors/bigquery/limits.ts';
import { bigQueryHandler, type BigQueryState } from '../../stand-ins/bigquery.ts';
import { connectionTarget } from '../../support/connection-target.ts';
import { makeServiceAccountKey } from '../../support/sources/service-account.ts';
import { vendor } from './vendor-server.ts';

export const apiHost = 'bigquery.googleapis.com';
export const tokenHost = 'oauth2.googleapis.com';
export const project = 'basekeep-test';

const Tables = z.array(
  z.object({
    schema: z.string(),
    name: z.string(),
    resource: z.record(z.string(), z.unknown()),
  }),
);

/** A stand-in of BigQuery with a service account that may read all of it, and a connector that knows it. */
export function makeBigQuery() {
  const key = makeServiceAccountKey();
  const state: BigQueryState = {
    project,
    email: key.email,
    keyId: key.keyId,
    publicKey: key.publicKey,
    scopes: ['https://www.googleapis.com/auth/bigquery.readonly'],
    hosts: { token: tokenHost, api: apiHost },
    datasets: new Set(),
    tables: [],
    tokenSeconds: 3_599,
    refuse: () => null,
    asked: [],
  };
  const standIn = vendor({
    host: apiHost,
    moreHosts: [tokenHost],
    connection: { host: null, bigQueryProjectId: project },
    password: key.json(),
    handler: bigQueryHandler(state),
    execute(text) {
      for (const table of Tables.parse(JSON.parse(text))) {
        state.datasets.add(table.schema);
        state.tables.push(table);
      }
    },
    readBack: () => state.tables.map(({ schema, name }) => `${schema}.${name}`).sort(),
    summarize: (tables) => tables.map(({ schema, name }) => `${schema}.${name}`).sort(),
  });
  const settings = {
    route: standIn.route,
    deadlines: { ...defaultDeadlines, retryMs: 1 },
    // The stand-in has no quota.
    pace: { ...defaultPace, callsPerSecond: 100_000 },
  };
  return {
    key,
    state,
    standIn,
    settings,
    connector: createBigQueryConnector(settings),
    target: (more: object = {}, json = key.json()) =>
      connectionTarget(
        { dialect: 'BIGQUERY', bigQueryProjectId: project, ...more },
        json,
        'bigQueryJsonKey',
      ),
  };
}
