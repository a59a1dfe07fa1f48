import { describe, expect, test } from 'vitest';
import type { CatalogTable } from '../../../shared/catalog.ts';
import { createPosthogConnector } from '../../../workers/connectors/posthog/connector.ts';
import { toCatalogTable } from '../../../workers/connectors/posthog/schema.ts';
import { posthogHandler, type PosthogTable } from '../../stand-ins/posthog.ts';
import { connectionTarget } from '../../support/connection-target.ts';
import { conforms } from '../conformance.ts';
import { vendor, vendorMissing } from './vendor-server.ts';

const host = 'us.posthog.com';
const password = 'phx_canary-posthog-key';
const tables: PosthogTable[] = [];

const standIn = vendor({
  host,
  connection: { databaseName: '4711' },
  password,
  handler: posthogHandler({ project: '4711', key: password, tables }),
  execute: (text) => tables.push(...(JSON.parse(text) as PosthogTable[])),
  readBack: () =>
    tables.map(({ name, fields }) => [name, fields.filter(([, type]) => type !== 'lazy_table')]),
  summarize: (read) =>
    read.map(({ name, columns }) => [name, columns.map((column) => [column.name, column.type])]),
});
const connector = createPosthogConnector({ route: standIn.route });

const wide = Array.from({ length: 20 }, (_, n): [string, string] => [`c${n}`, 'string']);
const awkward: PosthogTable[] = [
  {
    name: 'events',
    type: 'posthog',
    fields: [
      ['uuid', 'string'],
      ['properties', 'json'],
      ['person', 'lazy_table'],
      ['$session_id', 'string'],
      ['person_id', 'expression'],
    ],
  },
  { name: '__proto__', type: 'view', fields: [['__proto__', 'integer']] },
  { name: 'stripe.customers', type: 'data_warehouse', fields: [['id', 'string']], rowCount: 12 },
  { name: `m"'\`\t💥${'x'.repeat(5_000)}`, type: 'materialized_view', fields: [] },
];

const columnOf = (name: string, type: string) => ({
  ...{ name, type, nullable: true, default: null, comment: null },
  ...{ generated: null, identity: null },
});
const tableOf = (name: string, kind: CatalogTable['kind'], columns: CatalogTable['columns']) => ({
  ...{ schema: 'posthog', name, kind, comment: null, rowEstimate: null, columns },
  ...{ primaryKey: null, uniqueKeys: [], foreignKeys: [], checks: [], indexes: [] },
  ...{ partitionOf: null, partitionKey: null },
});

describe.skipIf(vendorMissing !== null)(`a stand-in of PostHog ${vendorMissing ?? ''}`, () => {
  conforms({
    dialect: 'POSTHOG',
    connector,
    against: 'a stand-in, rogue servers; no project',
    useServer: () => standIn.useServer(),
    vendorHost: host,
    version: /^PostHog$/,
    steps: ['resolve', 'address', 'connect', 'tls', 'sign-in', 'query', 'catalog'],
    wrong: {
      port: null,
      user: null,
      database: {
        changes: { databaseName: '4712' },
        step: 'sign-in',
        failure: 'DATABASE_NOT_FOUND',
      },
    },
    awkward: {
      sql: JSON.stringify(awkward),
      expected: [
        tableOf('events', 'table', [
          columnOf('uuid', 'string'),
          columnOf('properties', 'json'),
          columnOf('$session_id', 'string'),
          columnOf('person_id', 'expression'),
        ]),
        tableOf('__proto__', 'view', [columnOf('__proto__', 'integer')]),
        tableOf('stripe.customers', 'table', [columnOf('id', 'string')]),
        tableOf(`m"'\`\t💥${'x'.repeat(5_000)}`, 'materialized view', []),
      ],
    },
    *thousandTables() {
      for (let n = 0; n < 1_000; n += 1) {
        yield JSON.stringify([{ name: `large_${n}`, type: 'posthog', fields: wide }]);
      }
    },
  });
});

describe('what is refused before anything is sent', () => {
  const never = new AbortController().signal;
  test.each(['', 'abc', '1/../2', '1?x', '-1', '1'.repeat(19)])('project %j', async (project) => {
    const target = connectionTarget({ dialect: 'POSTHOG', host, databaseName: project }, password);
    const report = await connector.probe(target, never);
    expect(report).toMatchObject({ steps: [], failure: 'DATABASE_NOT_FOUND' });
  });
  test('no key, or one that was pasted with its line end', async () => {
    const target = (key: string) =>
      connectionTarget({ dialect: 'POSTHOG', host, databaseName: '1' }, key);
    expect((await connector.probe(target(''), never)).failure).toBe('AUTHENTICATION_FAILED');
  });
  test('a row count that was never counted is absent', () => {
    expect(toCatalogTable(['t', { type: 'posthog', fields: [] }]).rowEstimate).toBeNull();
  });
});
