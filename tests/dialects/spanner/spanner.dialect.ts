import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';
import { z } from 'zod';
import { createSpannerConnector } from '../../../workers/connectors/spanner/connector.ts';
import { defaultDeadlines } from '../../../workers/connectors/spanner/limits.ts';
import { conformsElsewhere } from '../../connectors/conformance.ts';
import { addressOf } from '../addresses.ts';
import { tellEmulator } from '../google/ask-emulator.ts';
import { makeEmulated, tokenHost } from '../google/make-emulated.ts';
import { awkwardSpanner, thousandTables } from './spanner-awkward.ts';
import { toGoogleAnswer } from './to-google-answer.ts';

const { url: emulator } = addressOf('spanner');
const host = 'spanner.googleapis.com';
const project = 'projects/basekeep-test';
const instance = `${project}/instances/basekeep`;
const tell = (method: string, path: string, body?: object): Promise<unknown> =>
  tellEmulator(emulator, method, `/v1/${path}`, body);

const Operation = z.object({
  name: z.string(),
  done: z.boolean().optional(),
  error: z.unknown().optional(),
});
const Statements = z.array(z.string());
const Ddl = z.object({ statements: Statements.optional() });

/** Until what was begun is done. */
async function finish(begun: Promise<unknown>): Promise<void> {
  let operation = Operation.parse(await begun);
  while (!operation.done) {
    await sleep(20);
    operation = Operation.parse(await tell('GET', operation.name));
  }
  if (operation.error) throw new Error(JSON.stringify(operation.error));
}

const { server, wrongKey } = makeEmulated({
  ...{ emulator, host, scope: 'https://www.googleapis.com/auth/spanner.data' },
  connection: {
    ...{ bigQueryProjectId: 'basekeep-test', spannerInstanceId: 'basekeep', databaseName: 'shop' },
  },
  async execute(text) {
    const statements = Statements.parse(JSON.parse(text));
    await finish(tell('PATCH', `${instance}/databases/shop/ddl`, { statements }));
  },
  async tableNames() {
    const { statements = [] } = Ddl.parse(await tell('GET', `${instance}/databases/shop/ddl`));
    return statements.flatMap((text) => {
      const name = /^CREATE TABLE (\w+)/.exec(text)?.[1];
      return name === undefined ? [] : [`.${name}`];
    });
  },
  translate: toGoogleAnswer,
});

async function clear(): Promise<void> {
  await tell('DELETE', instance).catch(() => null);
}

async function make(): Promise<void> {
  await clear();
  const config = `${project}/instanceConfigs/emulator-config`;
  const described = { config, displayName: 'Basekeep', nodeCount: 1 };
  await finish(
    tell('POST', `${project}/instances`, { instanceId: 'basekeep', instance: described }),
  );
  const createStatement = 'CREATE DATABASE `shop`';
  await finish(tell('POST', `${instance}/databases`, { createStatement }));
}

conformsElsewhere({
  dialect: 'SPANNER',
  connector: createSpannerConnector({
    route: server.route,
    deadlines: { ...defaultDeadlines, retryMs: 1 },
  }),
  against: emulator.host,
  useServer() {
    beforeAll(make);
    afterAll(clear);
    return server.useServer();
  },
  ...{ vendorHost: host, moreHosts: [tokenHost] },
  secret: { field: 'bigQueryJsonKey', wrong: wrongKey },
  steps: ['resolve', 'address', 'connect', 'tls', 'sign-in', 'query', 'catalog'],
  version: /^Cloud Spanner, GoogleSQL$/,
  wrong: {
    ...{ host: null, port: null, user: null },
    database: {
      changes: { databaseName: 'no-such-database' },
      ...{ step: 'query', failure: 'DATABASE_NOT_FOUND' },
    },
  },
  awkward: awkwardSpanner,
  thousandTables,
});
