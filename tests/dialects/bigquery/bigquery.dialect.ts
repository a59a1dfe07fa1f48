import { afterAll, beforeAll } from 'vitest';
import { z } from 'zod';
import { createBigQueryConnector } from '../../../workers/connectors/bigquery/connector.ts';
import { defaultDeadlines, defaultPace } from '../../../workers/connectors/bigquery/limits.ts';
import { conformsElsewhere } from '../../connectors/conformance.ts';
import { catalogTable, column } from '../../connectors/conformance/expected-parts.ts';
import { addressOf } from '../addresses.ts';
import { tellEmulator } from '../google/ask-emulator.ts';
import { makeEmulated, tokenHost } from '../google/make-emulated.ts';
import { toGoogleAnswer } from './to-google-answer.ts';

const { url: emulator } = addressOf('bigquery');
const host = 'bigquery.googleapis.com';
const project = 'basekeep';
const datasets = ['sales', 'large'];
const path = `/bigquery/v2/projects/${project}/datasets`;
const tell = (method: string, under: string, body?: object): Promise<unknown> =>
  tellEmulator(emulator, method, `${path}${under}`, body);

const Resources = z.array(z.looseObject({ dataset: z.string(), name: z.string() }));
const Tables = z.object({
  tables: z.array(z.object({ tableReference: z.object({ tableId: z.string() }) })).nullish(),
});

const { server, wrongKey } = makeEmulated({
  ...{ emulator, host, scope: 'https://www.googleapis.com/auth/bigquery.readonly' },
  connection: { bigQueryProjectId: project },
  async execute(text) {
    for (const { dataset, name, ...resource } of Resources.parse(JSON.parse(text))) {
      const tableReference = { projectId: project, datasetId: dataset, tableId: name };
      await tell('POST', `/${dataset}/tables`, { tableReference, ...resource });
    }
  },
  async tableNames() {
    const names = datasets.map(async (dataset) => {
      const { tables } = Tables.parse(await tell('GET', `/${dataset}/tables`));
      return (tables ?? []).map(({ tableReference }) => `${dataset}.${tableReference.tableId}`);
    });
    return (await Promise.all(names)).flat();
  },
  translate: toGoogleAnswer,
});

async function clear(): Promise<void> {
  for (const dataset of datasets) {
    await tell('DELETE', `/${dataset}?deleteContents=true`).catch(() => null);
  }
}

const field = (name: string, type: string, more: object = {}) => ({ name, type, ...more });
/** What the emulator keeps of a table: its description and columns, but neither keys nor partitions. */
const orders = {
  ...{ dataset: 'sales', name: 'orders', description: 'every order' },
  schema: {
    fields: [
      field('id', 'INTEGER', { mode: 'REQUIRED', description: 'the id' }),
      field('at', 'TIMESTAMP'),
      field('lines', 'RECORD', {
        ...{ mode: 'REPEATED', fields: [field('sku', 'STRING'), field('price', 'NUMERIC')] },
      }),
    ],
  },
};

conformsElsewhere({
  dialect: 'BIGQUERY',
  connector: createBigQueryConnector({
    route: server.route,
    deadlines: { ...defaultDeadlines, retryMs: 1 },
    // The emulator has no quota.
    pace: { ...defaultPace, callsPerSecond: 100_000 },
  }),
  against: emulator.host,
  useServer() {
    beforeAll(async () => {
      await clear();
      for (const datasetId of datasets) {
        await tell('POST', '', { datasetReference: { projectId: project, datasetId } });
      }
    });
    afterAll(clear);
    return server.useServer();
  },
  ...{ vendorHost: host, moreHosts: [tokenHost] },
  secret: { field: 'bigQueryJsonKey', wrong: wrongKey },
  steps: ['resolve', 'address', 'connect', 'tls', 'sign-in', 'query', 'catalog'],
  wrong: {
    ...{ host: null, port: null, user: null },
    database: {
      changes: { databaseName: 'no_such_dataset' },
      ...{ step: 'query', failure: 'DATABASE_NOT_FOUND' },
    },
  },
  awkward: {
    sql: JSON.stringify([orders]),
    expected: [
      catalogTable('sales', 'orders', {
        comment: 'every order',
        columns: [
          column('id', 'INT64', { nullable: false, comment: 'the id' }),
          column('at', 'TIMESTAMP'),
          column('lines', 'ARRAY<STRUCT<sku STRING, price NUMERIC>>', { nullable: false }),
        ],
      }),
    ],
  },
  *thousandTables() {
    const fields = Array.from({ length: 20 }, (_, n) => field(`c${n}`, 'STRING'));
    for (let n = 0; n < 1_000; n += 1) {
      yield JSON.stringify([{ dataset: 'large', name: `t${n}`, schema: { fields } }]);
    }
  },
});
