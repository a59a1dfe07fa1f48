import { beforeEach, describe, expect, test } from 'vitest';
import type { ConnectionFailureCode } from '../../../shared/failures/connection-failures.ts';
import { createAthenaConnector } from '../../../workers/connectors/athena/connector.ts';
import { defaultCatalogLimits } from '../../../workers/connectors/limits.ts';
import { failure } from '../../stand-ins/athena.ts';
import { makeAthena } from './athena-server.ts';
import { vendorMissing } from './vendor-server.ts';

const { state, standIn, settings, connector, target } = makeAthena();
const never = new AbortController().signal;
const probe = (more: object = {}) => connector.probe(target(more), never);
const read = (more: object = {}) => Array.fromAsync(connector.readCatalog(target(more), never));

const add = (schema: string, name: string, metadata: object = {}): void => {
  state.databases.add(schema);
  state.tables.push({ schema, name, metadata: { TableType: 'EXTERNAL_TABLE', ...metadata } });
};

beforeEach(() => {
  state.databases.clear();
  state.tables.length = 0;
  state.asked.length = 0;
  state.refuse = () => null;
  add('sales', 'orders');
});

describe.skipIf(vendorMissing !== null)(`Athena's service ${vendorMissing ?? ''}`, () => {
  standIn.useServer();

  test('runs nothing: it is only asked to get and to list, in the workgroup', async () => {
    expect(await read()).toHaveLength(1);
    expect((await probe({ databaseName: 'sales' })).failure).toBeNull();
    expect(new Set(state.asked.map(([action]) => action))).toEqual(
      new Set(['ListDatabases', 'ListTableMetadata', 'GetWorkGroup', 'GetDatabase']),
    );
    expect(state.asked.every(([, input]) => input.WorkGroup === 'analysts')).toBe(true);
  });

  test('is asked for one database, or for all of them, page by page', async () => {
    for (let n = 0; n < 120; n += 1) add('zoo', `t${n}`);
    for (let n = 0; n < 60; n += 1) state.databases.add(`empty${n}`);
    expect(await read()).toHaveLength(121);
    state.asked.length = 0;
    expect(await read({ databaseName: 'zoo' })).toHaveLength(120);
    expect(state.asked.map(([, input]) => input.NextToken)).toEqual([undefined, '50', '100']);
    expect(await read({ databaseName: 'empty0' })).toEqual([]);
  });

  test.each([
    [{ recordCount: '12', numRows: '13' }, 12],
    [{ numRows: '13' }, 13],
    [{ numRows: '-1' }, null],
    [{ recordCount: 'many' }, null],
    [{}, null],
  ])('a table whose parameters are %j has %s rows', async (Parameters, rows) => {
    state.tables.length = 0;
    add('sales', 'counted', { Parameters });
    expect(await read()).toMatchObject([{ name: 'counted', rowEstimate: rows }]);
  });

  test.each(['eu-central-1', 'athena.EU-central-1.amazonaws.com.'])(
    'is found by %s',
    async (at) => {
      expect((await probe({ host: at })).failure).toBeNull();
    },
  );

  test.each<[string, object, ConnectionFailureCode]>([
    ['that is not there', { athenaWorkgroup: 'nobody' }, 'WAREHOUSE_UNAVAILABLE'],
    ['that is turned off', { athenaWorkgroup: 'closed' }, 'WAREHOUSE_UNAVAILABLE'],
  ])('a workgroup %s is said so', async (_what, more, code) => {
    expect((await probe(more)).steps.at(-1)).toMatchObject({ step: 'sign-in', failure: code });
  });

  test('a catalog that is not there is said so, and no other is read', async () => {
    const report = await probe({ athenaCatalog: 'nobodys' });
    expect(report.steps.at(-1)).toMatchObject({ step: 'query', failure: 'CATALOG_NOT_FOUND' });
    await expect(read({ athenaCatalog: 'nobodys' })).rejects.toThrow('CATALOG_NOT_FOUND');
  });

  test('a right that a workgroup needs is not missed where none is named', async () => {
    state.refuse = (action) =>
      action === 'GetWorkGroup' ? failure('AccessDeniedException', 'You are not authorized') : null;
    const without = { athenaWorkgroup: null, athenaOutputLocation: 's3://results/' };
    expect(await probe(without)).toMatchObject({ failure: null, serverVersion: 'Amazon Athena' });
    expect((await probe()).steps.at(-1)).toMatchObject({
      step: 'sign-in',
      failure: 'PERMISSION_DENIED',
    });
  });

  const glue = 'because no identity-based policy allows the glue:GetDatabases action';
  test.each<[string, string, number, ConnectionFailureCode]>([
    ['AccessDeniedException', 'You are not authorized to perform', 400, 'PERMISSION_DENIED'],
    ['MetadataException', `User: x is not authorized to perform ${glue}`, 400, 'PERMISSION_DENIED'],
    ['MetadataException', 'Insufficient Lake Formation permission(s)', 400, 'PERMISSION_DENIED'],
    ['MetadataException', 'Rate exceeded', 400, 'RATE_LIMITED'],
    ['MetadataException', 'Lambda timed out', 400, 'SERVER_ERROR'],
    ['com.amazonaws.athena#InvalidRequestException', 'not found', 400, 'CATALOG_NOT_FOUND'],
    ['UnrecognizedClientException', 'token is invalid', 400, 'AUTHENTICATION_FAILED'],
    ['InvalidSignatureException', 'does not match', 403, 'AUTHENTICATION_FAILED'],
    ['InvalidSignatureException', 'Signature expired: 2026', 400, 'INTERNAL_ERROR'],
    ['ThrottlingException', 'Rate exceeded', 400, 'RATE_LIMITED'],
    ['TooManyRequestsException', '', 400, 'RATE_LIMITED'],
    ['SubscriptionRequiredException', '', 400, 'ACCOUNT_NOT_FOUND'],
    ['InternalServerException', '', 500, 'SERVER_ERROR'],
    ['ServiceUnavailableException', '', 503, 'SERVER_UNAVAILABLE'],
    ['Whatever', '"__type":"ThrottlingException"', 418, 'SERVER_ERROR'],
  ])('%s with %j and %i is understood', async (type, message, status, code) => {
    state.refuse = (action) => (action === 'ListDatabases' ? failure(type, message, status) : null);
    expect((await probe()).steps.at(-1)).toMatchObject({ step: 'query', failure: code });
  });

  test('the catalog step is what a sync does', async () => {
    state.refuse = (action) =>
      action === 'ListTableMetadata' ? failure('AccessDeniedException', '') : null;
    expect((await probe()).steps.at(-1)).toMatchObject({
      step: 'catalog',
      failure: 'PERMISSION_DENIED',
    });
    await expect(read()).rejects.toThrow('PERMISSION_DENIED');
  });

  test('what it throttles is asked for again, but not for ever', async () => {
    let times = 6;
    state.refuse = () => ((times -= 1) >= 0 ? failure('ThrottlingException', '') : null);
    expect(await read()).toHaveLength(1);
    state.refuse = () => failure('ThrottlingException', '');
    state.asked.length = 0;
    await expect(read()).rejects.toThrow('RATE_LIMITED');
    expect(state.asked).toHaveLength(7);
    state.asked.length = 0;
    expect((await probe()).failure).toBe('RATE_LIMITED');
    expect(state.asked).toHaveLength(3);
  });

  test('a read that waits for its turn stops within two seconds of an abort', async () => {
    state.refuse = () => failure('ThrottlingException', '');
    const deadlines = { ...settings.deadlines, retryMs: 60_000 };
    const patient = createAthenaConnector({ ...settings, deadlines });
    const controller = new AbortController();
    const reading = Array.fromAsync(patient.readCatalog(target(), controller.signal));
    const failed = expect(reading).rejects.toThrow('CONNECTION_LOST');
    await expect.poll(() => state.asked.length).toBe(1);
    const abortedAt = performance.now();
    controller.abort();
    await failed;
    expect(performance.now() - abortedAt).toBeLessThan(2_000);
  });

  test('databases that go while it is read are left out', async () => {
    add('zoo', 'animals');
    state.refuse = (action) => {
      if (action === 'ListTableMetadata') state.databases.delete('sales');
      return null;
    };
    expect((await read()).map(({ schema }) => schema)).toEqual(['zoo']);
    await expect(read({ databaseName: 'sales' })).rejects.toThrow('DATABASE_NOT_FOUND');
  });
});

describe.skipIf(vendorMissing !== null)('an Athena that means ill', () => {
  standIn.useServer();
  const always = (action: string, body: unknown): void => {
    state.refuse = (asked) => (asked === action ? { status: 200, body } : null);
  };
  const listOf = (...tables: object[]) => ({ TableMetadataList: tables });
  const columns = Array.from({ length: 101 }, () => ({ Name: 'c', Type: 'int' }));

  test.each<[string, string, unknown, ConnectionFailureCode]>([
    [
      'goes in circles',
      'ListTableMetadata',
      { ...listOf({ Name: 'a' }), NextToken: '1' },
      'LIMIT_EXCEEDED',
    ],
    ['gives empty pages', 'ListTableMetadata', { ...listOf(), NextToken: 'x' }, 'PROTOCOL_ERROR'],
    ['has no list', 'ListDatabases', {}, 'PROTOCOL_ERROR'],
    ['has a table without a name', 'ListTableMetadata', listOf({ Columns: [] }), 'PROTOCOL_ERROR'],
    [
      'has more columns than there can be',
      'ListTableMetadata',
      listOf({ Name: 'a', Columns: columns }),
      'LIMIT_EXCEEDED',
    ],
    [
      'has a huge comment',
      'ListTableMetadata',
      listOf({ Name: 'a', Parameters: { comment: 'x'.repeat(200_000) } }),
      'LIMIT_EXCEEDED',
    ],
  ])('one that %s ends the read', async (_what, action, body, code) => {
    always(action, body);
    const limits = {
      ...defaultCatalogLimits,
      ...{ maxTables: 500, maxPartsPerTable: 100, maxTableBytes: 100_000 },
    };
    const limited = createAthenaConnector({ ...settings, limits });
    await expect(Array.fromAsync(limited.readCatalog(target(), never))).rejects.toThrow(code);
    state.refuse = () => null;
    expect(await read()).toHaveLength(1);
  });

  test('one that says everything twice is heard once', async () => {
    always('ListTableMetadata', listOf({ Name: 'orders' }, { Name: 'orders' }));
    expect(await read()).toHaveLength(1);
  });

  test.each<[string, string]>([
    ['GetWorkGroup', 'sign-in'],
    ['ListDatabases', 'query'],
    ['ListTableMetadata', 'catalog'],
  ])('one that goes mute over %s ends in its deadline', async (action, step) => {
    state.refuse = (asked) => (asked === action ? new Promise(() => undefined) : null);
    const deadlines = { ...settings.deadlines, probeMs: 200, requestMs: 200 };
    const impatient = createAthenaConnector({ ...settings, deadlines });
    const report = await impatient.probe(target(), never);
    expect(report.steps.at(-1)).toMatchObject({ step, failure: 'TIMEOUT' });
    state.refuse = () => null;
    expect((await connector.probe(target(), never)).failure).toBeNull();
  });
});
