import assert from 'node:assert/strict';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createBigQueryConnector } from '../../../workers/connectors/bigquery/connector.ts';
import { defaultPace } from '../../../workers/connectors/bigquery/limits.ts';
import { connectionTarget } from '../../support/connection-target.ts';
import { makeAuthority } from '../../support/certificates.ts';
import { makeServiceAccountKey } from '../../support/sources/service-account.ts';
import { bigQueryHandler, type BigQueryState } from '../bigquery.ts';
import { startHttpStandIn } from '../http-stand-in.ts';

// By variables, because only this folder has them installed.
const [name, authName] = ['@google-cloud/bigquery', 'google-auth-library'];
const { BigQuery } = await import(name);
const { JWT } = await import(authName);

const authority = makeAuthority();
setDefaultCACertificates([...getCACertificates('default'), authority.cert]);

const key = makeServiceAccountKey();
const project = 'basekeep-test';
const datasets = ['sales', 'zoo'];
const fields = [
  { name: 'id', type: 'INTEGER', mode: 'REQUIRED', description: 'the id' },
  {
    ...{ name: 'lines', type: 'RECORD', mode: 'REPEATED' },
    fields: [{ name: 'sku', type: 'STRING', mode: 'NULLABLE' }],
  },
];
const state: BigQueryState = {
  ...{ project, email: key.email, keyId: key.keyId, publicKey: key.publicKey },
  scopes: ['https://www.googleapis.com/auth/bigquery.readonly'],
  hosts: null,
  datasets: new Set(datasets),
  tables: Array.from({ length: 700 }, (_, n) => ({
    schema: datasets[n % 2] ?? '',
    name: `t${n}`,
    resource: { type: 'TABLE', numRows: '12', description: `table ${n}`, schema: { fields } },
  })),
  tokenSeconds: 3_599,
  refuse: () => null,
  asked: [],
};
const names = ['localhost', 'bigquery.googleapis.com', 'oauth2.googleapis.com'];
const standIn = await startHttpStandIn(
  authority.sign({ names: names.map((host) => `DNS:${host}`).join() }),
  bigQueryHandler(state),
);

/** Google's own client, whose assertion goes to the stand-in in place of oauth2.googleapis.com. */
function client(privateKey: string, scope: string) {
  const authClient = new JWT({
    email: key.email,
    keyId: key.keyId,
    key: privateKey,
    scopes: [scope],
  });
  authClient.transporter.interceptors.request.add({
    resolved: (config: { url: URL }) => {
      if (config.url.host === 'oauth2.googleapis.com') {
        config.url = new URL(`https://localhost:${standIn.port}${config.url.pathname}`);
      }
      return Promise.resolve(config);
    },
  });
  return new BigQuery({
    projectId: project,
    apiEndpoint: `https://localhost:${standIn.port}`,
    authClient,
    autoRetry: false,
    maxRetries: 0,
  });
}

const readonly = 'https://www.googleapis.com/auth/bigquery.readonly';
const bigQuery = client(key.privateKey, readonly);
const theirs: unknown[] = [];
const [found] = await bigQuery.getDatasets();
for (const dataset of found) {
  const [tables] = await dataset.getTables();
  for (const table of tables) {
    const [{ description, schema, numRows }] = await table.getMetadata();
    const columns = schema.fields.map((field: { name: string }) => field.name);
    theirs.push([dataset.id, table.id, description, Number(numRows), columns]);
  }
}
assert.equal(theirs.length, 700);
assert.ok(state.asked.includes('/token'));

const connector = createBigQueryConnector({
  pace: { ...defaultPace, callsPerSecond: 100_000 },
  route: {
    resolver: () => Promise.resolve(['127.0.0.1']),
    portOf: () => standIn.port,
    extraCa: authority.cert,
  },
});
const target = connectionTarget(
  { dialect: 'BIGQUERY', bigQueryProjectId: project },
  key.json(),
  'bigQueryJsonKey',
);
const ours = await Array.fromAsync(connector.readCatalog(target, new AbortController().signal));
assert.deepEqual(
  ours
    .map(({ schema, name: table, comment, rowEstimate, columns }) =>
      JSON.stringify([schema, table, comment, rowEstimate, columns.map((column) => column.name)]),
    )
    .sort(),
  theirs.map((row) => JSON.stringify(row)).sort(),
);

await assert.rejects(bigQuery.dataset('nope').getMetadata(), /Not found: Dataset/);
await assert.rejects(bigQuery.dataset('zoo').table('nope').getMetadata(), /Not found: Table/);
await assert.rejects(
  client(makeServiceAccountKey().privateKey, readonly).getDatasets(),
  /invalid_grant/,
);
await assert.rejects(
  client(key.privateKey, 'https://www.googleapis.com/auth/drive').getDatasets(),
  /invalid_scope/,
);
await standIn.close();
