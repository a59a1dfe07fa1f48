import { z } from 'zod';
import { createAthenaConnector } from '../../../workers/connectors/athena/connector.ts';
import { defaultDeadlines } from '../../../workers/connectors/athena/limits.ts';
import { athenaHandler, type AthenaState } from '../../stand-ins/athena.ts';
import { connectionTarget } from '../../support/connection-target.ts';
import { vendor } from './vendor-server.ts';

const region = 'eu-central-1';
export const host = `athena.${region}.amazonaws.com`;
export const accessKeyId = 'AKIAIOSFODNN7EXAMPLE';
export const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';

const Tables = z.array(
  z.object({
    schema: z.string(),
    name: z.string(),
    metadata: z.record(z.string(), z.unknown()),
  }),
);

/** A stand-in of Athena with an access key that may describe all of it, and a connector that knows it. */
export function makeAthena() {
  const state: AthenaState = {
    ...{ accessKeyId, secretAccessKey, region, service: 'athena', host },
    catalog: 'AwsDataCatalog',
    workgroups: new Map([
      ['primary', 'ENABLED'],
      ['analysts', 'ENABLED'],
      ['closed', 'DISABLED'],
    ]),
    databases: new Set(),
    tables: [],
    refuse: () => null,
    asked: [],
  };
  const connection = { username: accessKeyId, athenaWorkgroup: 'analysts' };
  const names = (tables: readonly { schema: string; name: string }[]) =>
    tables.map(({ schema, name }) => `${schema}.${name}`).sort();
  const standIn = vendor({
    host,
    connection,
    password: secretAccessKey,
    handler: athenaHandler(state),
    execute(text) {
      for (const table of Tables.parse(JSON.parse(text))) {
        state.databases.add(table.schema);
        state.tables.push(table);
      }
    },
    readBack: () => names(state.tables),
    summarize: names,
  });
  const settings = { route: standIn.route, deadlines: { ...defaultDeadlines, retryMs: 1 } };
  return {
    state,
    standIn,
    settings,
    connector: createAthenaConnector(settings),
    target: (more: object = {}, secret = secretAccessKey) =>
      connectionTarget({ dialect: 'ATHENA', host, ...connection, ...more }, secret),
  };
}
