import assert from 'node:assert/strict';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { makeAuthority } from '../../support/certificates.ts';
import { databricksHandler, type DatabricksState } from '../databricks.ts';
import { startHttpStandIn } from '../http-stand-in.ts';

// Databricks' SDK for JavaScript, with its clients of the REST APIs. @databricks/sql speaks Thrift to
// another endpoint and says nothing on these. By a variable, because only this folder has it installed.
const name = '@databricks/sdk-experimental';
const { WorkspaceClient } = await import(name);

const authority = makeAuthority();
setDefaultCACertificates([...getCACertificates('default'), authority.cert]);

const columns = [
  ['id', 'bigint', 'NO', null, null],
  ['name', 'string', 'YES', null, null],
];
const state: DatabricksState = {
  token: 'dapi-right',
  clientId: '01234567-89ab-cdef-0123-456789abcdef',
  clientSecret: 'dose-right',
  catalog: 'main',
  tables: Array.from({ length: 3_000 }, (_, n) => ({
    ...{ schema: 'sales', name: `t${n}`, type: 'MANAGED', comment: null, columns, keys: [] },
  })),
  warehouses: new Map([['cccc', 'RUNNING']]),
  runningAnswers: 1,
  statements: [],
  cancelled: [],
};
const standIn = await startHttpStandIn(
  authority.sign({ names: 'DNS:localhost' }),
  databricksHandler(state),
);
const host = `https://localhost:${standIn.port}`;

const people = { authType: 'pat', token: state.token };
const principal = {
  authType: 'oauth-m2m',
  clientId: state.clientId,
  clientSecret: state.clientSecret,
};
for (const credentials of [people, principal]) {
  const client = new WorkspaceClient({ host, ...credentials });
  const warehouses = await Array.fromAsync(client.warehouses.list({}));
  assert.equal(warehouses.length, 1);
  assert.equal((await client.warehouses.get({ id: 'cccc' })).state, 'RUNNING');
  assert.equal((await client.catalogs.get({ name: 'main' })).name, 'main');
  assert.equal((await readTables(client)).length, 3_000);
}

for (const credentials of [
  { ...people, token: 'wrong' },
  { ...principal, clientSecret: 'wrong' },
]) {
  const client = new WorkspaceClient({ host, ...credentials });
  await assert.rejects(client.warehouses.get({ id: 'cccc' }));
}

const right = new WorkspaceClient({ host, ...people });
await assert.rejects(right.warehouses.get({ id: 'nope' }));
await assert.rejects(right.catalogs.get({ name: 'nope' }));
await standIn.close();

/** Executes, polls and fetches chunks with the SDK's own calls. */
async function readTables(client: typeof right): Promise<unknown[]> {
  const api = client.statementExecution;
  let answer = await api.executeStatement({
    ...{ warehouse_id: 'cccc', catalog: 'main', wait_timeout: '0s', on_wait_timeout: 'CONTINUE' },
    ...{ disposition: 'INLINE', format: 'JSON_ARRAY' },
    statement: 'select table_schema, table_name from information_schema.tables',
  });
  const { statement_id } = answer;
  while (answer.status.state !== 'SUCCEEDED') answer = await api.getStatement({ statement_id });
  const rows: unknown[] = [...answer.result.data_array];
  let next: number | undefined = answer.result.next_chunk_index;
  while (next !== undefined) {
    const chunk = await api.getStatementResultChunkN({ statement_id, chunk_index: next });
    rows.push(...chunk.data_array);
    next = chunk.next_chunk_index;
  }
  await api.cancelExecution({ statement_id });
  assert.equal(state.cancelled.at(-1), statement_id);
  return rows;
}
