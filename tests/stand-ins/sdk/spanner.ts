import assert from 'node:assert/strict';
import { once } from 'node:events';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createSpannerConnector } from '../../../workers/connectors/spanner/connector.ts';
import { connectionTarget } from '../../support/connection-target.ts';
import { makeAuthority } from '../../support/certificates.ts';
import { makeServiceAccountKey } from '../../support/sources/service-account.ts';
import { startHttpStandIn } from '../http-stand-in.ts';
import { spannerHandler, type SpannerState } from '../spanner.ts';

// By variables, because only this folder has them installed. The client is Google's own in its REST mode
// (`fallback`), and so is what puts the parts of a result together.
const names = ['@google-cloud/spanner', 'google-auth-library'] as const;
const [{ v1 }, { JWT }] = await Promise.all(names.map((name) => import(name)));
const merger = '@google-cloud/spanner/build/src/partial-result-stream.js';
const { partialResultStream } = await import(merger);

const authority = makeAuthority();
setDefaultCACertificates([...getCACertificates('default'), authority.cert]);

const key = makeServiceAccountKey();
const database = 'projects/basekeep-test/instances/main/databases/shop';
const column = ['Id', 'INT64', 'NO', null, 'NEVER', null, null, 'NO', null];
const state: SpannerState = {
  ...{ email: key.email, keyId: key.keyId, publicKey: key.publicKey, tokenSeconds: 3_599 },
  scopes: ['https://www.googleapis.com/auth/spanner.data'],
  ...{ database, hosts: null, dialect: 'GOOGLE_STANDARD_SQL', sessions: new Set(), made: 0 },
  tables: Array.from({ length: 2_000 }, (_, n) => ({
    ...{ schema: '', name: `table number ${n}`, type: 'BASE TABLE', columns: [column] },
    ...{ keys: [], checks: [], indexes: [] },
  })),
  statements: [],
  refuse: () => null,
};
const hosts = ['localhost', 'spanner.googleapis.com', 'oauth2.googleapis.com'];
const standIn = await startHttpStandIn(
  authority.sign({ names: hosts.map((host) => `DNS:${host}`).join() }),
  spannerHandler(state),
);

/** Google's own client, whose assertion goes to the stand-in in place of oauth2.googleapis.com. */
function client(privateKey: string) {
  const authClient = new JWT({
    ...{ email: key.email, keyId: key.keyId, key: privateKey },
    scopes: ['https://www.googleapis.com/auth/spanner.data'],
  });
  authClient.transporter.interceptors.request.add({
    resolved: (config: { url: URL }) => {
      if (config.url.host === 'oauth2.googleapis.com') {
        config.url = new URL(`https://localhost:${standIn.port}${config.url.pathname}`);
      }
      return Promise.resolve(config);
    },
  });
  const spanner = new v1.SpannerClient({
    ...{ fallback: true, authClient, apiEndpoint: 'localhost', port: standIn.port },
  });
  // It would otherwise sign each call itself, and exchange nothing.
  authClient.useJWTAccessWithScope = false;
  return spanner;
}

const right = client(key.privateKey);
const call = { retry: null, timeout: 10_000 };
const [session] = await right.createSession({ database, session: {} }, call);
assert.ok(session.name.startsWith(`${database}/sessions/`));
const options = { readOnly: { strong: true } };
const [transaction] = await right.beginTransaction({ session: session.name, options }, call);
const sql = 'select table_schema, table_name, table_type from information_schema.tables t';
const request = { session: session.name, sql, transaction: { id: transaction.id } };
const theirs: string[] = [];
const rows = partialResultStream(() => right.executeStreamingSql(request, call), { json: true });
// By events: iterated over, it gives an undefined for each of its pauses.
rows.on('data', ({ c0, c1 }: Record<string, string>) => theirs.push(JSON.stringify([c0, c1])));
await once(rows, 'end');
assert.equal(theirs.length, 2_000);
await right.deleteSession({ name: session.name }, call);
assert.equal(state.sessions.size, 0);

const connector = createSpannerConnector({
  route: {
    resolver: () => Promise.resolve(['127.0.0.1']),
    portOf: () => standIn.port,
    extraCa: authority.cert,
  },
});
const target = connectionTarget(
  {
    ...{ dialect: 'SPANNER', bigQueryProjectId: 'basekeep-test' },
    ...{ spannerInstanceId: 'main', databaseName: 'shop' },
  },
  key.json(),
  'bigQueryJsonKey',
);
const ours = await Array.fromAsync(connector.readCatalog(target, new AbortController().signal));
assert.deepEqual(
  ours.map(({ schema, name }) => JSON.stringify([schema, name])),
  theirs,
);

const notFound = 5;
await assert.rejects(right.createSession({ database: `${database}-not`, session: {} }, call), {
  code: notFound,
});
await assert.rejects(right.beginTransaction({ session: session.name, options }, call), {
  code: notFound,
});
await assert.rejects(
  client(makeServiceAccountKey().privateKey).createSession({ database, session: {} }, call),
  /invalid_grant/,
);
await standIn.close();
