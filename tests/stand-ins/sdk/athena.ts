import assert from 'node:assert/strict';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createAthenaConnector } from '../../../workers/connectors/athena/connector.ts';
import { connectionTarget } from '../../support/connection-target.ts';
import { makeAuthority } from '../../support/certificates.ts';
import { athenaHandler, type AthenaState } from '../athena.ts';
import { startHttpStandIn } from '../http-stand-in.ts';

// By a variable, because only this folder has it installed.
const name = '@aws-sdk/client-athena';
const sdk = await import(name);

const authority = makeAuthority();
setDefaultCACertificates([...getCACertificates('default'), authority.cert]);

const region = 'eu-central-1';
const host = `athena.${region}.amazonaws.com`;
const accessKeyId = 'AKIAIOSFODNN7EXAMPLE';
const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const databases = ['sales', 'zoo'];
const state: AthenaState = {
  ...{ accessKeyId, secretAccessKey, region, service: 'athena', host: null },
  catalog: 'AwsDataCatalog',
  workgroups: new Map([['primary', 'ENABLED']]),
  databases: new Set(databases),
  tables: Array.from({ length: 200 }, (_, n) => ({
    schema: databases[n % 2] ?? '',
    name: `t${n}`,
    metadata: {
      ...{ TableType: 'EXTERNAL_TABLE', Parameters: { comment: `table ${n}` } },
      Columns: [{ Name: 'id', Type: 'bigint', Comment: 'the id' }],
      PartitionKeys: [{ Name: 'day', Type: 'date' }],
    },
  })),
  refuse: () => null,
  asked: [],
};
const standIn = await startHttpStandIn(
  authority.sign({ names: `DNS:localhost,DNS:${host}` }),
  athenaHandler(state),
);

/** Amazon's own client, which signs by itself. */
const client = (credentials: object, more: object = {}) =>
  new sdk.AthenaClient({
    endpoint: `https://localhost:${standIn.port}`,
    ...{ region, credentials, maxAttempts: 1, ...more },
  });

const right = client({ accessKeyId, secretAccessKey });
const group = await right.send(new sdk.GetWorkGroupCommand({ WorkGroup: 'primary' }));
assert.equal(
  group.WorkGroup.Configuration.EngineVersion.EffectiveEngineVersion,
  'Athena engine version 3',
);
const CatalogName = 'AwsDataCatalog';
const theirs: string[] = [];
const pages = sdk.paginateListDatabases({ client: right }, { CatalogName, MaxResults: 1 });
for await (const { DatabaseList } of pages) {
  for (const { Name: DatabaseName } of DatabaseList) {
    const input = { CatalogName, DatabaseName };
    for await (const page of sdk.paginateListTableMetadata({ client: right }, input)) {
      for (const table of page.TableMetadataList) {
        const columns = [...table.Columns, ...table.PartitionKeys];
        const names = columns.map((column: { Name: string }) => column.Name);
        theirs.push(JSON.stringify([DatabaseName, table.Name, table.Parameters.comment, names]));
      }
    }
  }
}
assert.equal(theirs.length, 200);

const connector = createAthenaConnector({
  route: {
    resolver: () => Promise.resolve(['127.0.0.1']),
    portOf: () => standIn.port,
    extraCa: authority.cert,
  },
});
const target = connectionTarget(
  { dialect: 'ATHENA', host, username: accessKeyId, athenaWorkgroup: 'primary' },
  secretAccessKey,
);
const ours = await Array.fromAsync(connector.readCatalog(target, new AbortController().signal));
assert.deepEqual(
  ours
    .map(({ schema, name: table, comment, columns }) =>
      JSON.stringify([schema, table, comment, columns.map((column) => column.name)]),
    )
    .sort(),
  theirs.sort(),
);

const refused: [credentials: object, more: object, error: string][] = [
  [{ accessKeyId, secretAccessKey: 'wrong' }, {}, 'InvalidSignatureException'],
  [{ accessKeyId: 'AKIAWRONG', secretAccessKey }, {}, 'UnrecognizedClientException'],
  [{ accessKeyId, secretAccessKey }, { region: 'us-east-1' }, 'InvalidSignatureException'],
  [{ accessKeyId, secretAccessKey }, { systemClockOffset: 3_600_000 }, 'InvalidSignatureException'],
];
for (const [credentials, more, error] of refused) {
  const command = new sdk.GetWorkGroupCommand({ WorkGroup: 'primary' });
  await assert.rejects(client(credentials, more).send(command), { name: error });
}
await assert.rejects(right.send(new sdk.GetWorkGroupCommand({ WorkGroup: 'nope' })), {
  name: 'InvalidRequestException',
  message: 'WorkGroup is not found.',
});
await assert.rejects(
  right.send(new sdk.ListTableMetadataCommand({ CatalogName, DatabaseName: 'nope' })),
  { name: 'MetadataException' },
);
await standIn.close();
