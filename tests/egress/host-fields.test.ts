import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type Connection,
  blankConnection,
  type ConnectionSecrets,
} from '../../shared/connection.ts';
import type { Dialect } from '../../shared/dialects.ts';
import { createAthenaConnector } from '../../workers/connectors/athena/connector.ts';
import { createBigQueryConnector } from '../../workers/connectors/bigquery/connector.ts';
import { createClickhouseConnector } from '../../workers/connectors/clickhouse/connector.ts';
import { defaultDeadlines as clickhouseDeadlines } from '../../workers/connectors/clickhouse/limits.ts';
import type { Connector } from '../../workers/connectors/connector.ts';
import { createDatabricksConnector } from '../../workers/connectors/databricks/connector.ts';
import { createDuckdbConnector } from '../../workers/connectors/duckdb/connector.ts';
import { createMysqlConnector } from '../../workers/connectors/mysql/connector.ts';
import { defaultDeadlines as mysqlDeadlines } from '../../workers/connectors/mysql/limits.ts';
import { createOracleConnector } from '../../workers/connectors/oracle/connector.ts';
import { defaultDeadlines as oracleDeadlines } from '../../workers/connectors/oracle/limits.ts';
import { createPostgresConnector } from '../../workers/connectors/postgres/connector.ts';
import { defaultDeadlines as postgresDeadlines } from '../../workers/connectors/postgres/limits.ts';
import { createRedshiftConnector } from '../../workers/connectors/postgres/redshift/connector.ts';
import { createPosthogConnector } from '../../workers/connectors/posthog/connector.ts';
import { createSnowflakeConnector } from '../../workers/connectors/snowflake/connector.ts';
import { createSpannerConnector } from '../../workers/connectors/spanner/connector.ts';
import { createSqlServerConnector } from '../../workers/connectors/sql-server/connector.ts';
import { defaultDeadlines as sqlServerDeadlines } from '../../workers/connectors/sql-server/limits.ts';
import { defaultHttpDeadlines } from '../../workers/egress/http/http.ts';
import { createEgressPolicy, type EgressPolicy } from '../../workers/egress/policy.ts';
import { type Resolver, systemResolver } from '../../workers/egress/resolve.ts';
import { type Canary, startCanary } from '../support/canary.ts';
import { makeServiceAccountKey } from '../support/sources/service-account.ts';
import { spellings } from './spellings.ts';

// D1 of the security programme through the connectors: every field in which a place could be named.

const closed = createEgressPolicy({ allowCidrs: [], ownEndpoints: [] });
const open = createEgressPolicy({ allowCidrs: 'private', ownEndpoints: [] });
const root = mkdtempSync(path.join(tmpdir(), 'duckdb-root-'));
afterAll(() => rmSync(root, { recursive: true }));

let canary: Canary;
beforeEach(async () => {
  canary = await startCanary();
});
afterEach(() => canary.close());

interface Given {
  readonly fields: Partial<Connection>;
  readonly secrets?: ConnectionSecrets;
}

interface Settings {
  readonly resolver: Resolver;
  readonly waitMs: number;
}

/** Makes a connector of a dialect whose connection names the host itself. */
type Make = (settings: Settings) => Connector;

const byHttp = ({ resolver, waitMs }: Settings) => ({
  route: { resolver, portOf: () => canary.port },
  deadlines: { ...defaultHttpDeadlines, connectMs: waitMs, tlsMs: waitMs },
});
const postgresWaits = (waitMs: number) => ({
  ...postgresDeadlines,
  ...{ connectMs: waitMs, tlsMs: waitMs, signInMs: waitMs },
});
const makePostgres: Make = ({ resolver, waitMs }) =>
  createPostgresConnector({ resolver, deadlines: postgresWaits(waitMs) });
const makeMysql: Make = ({ resolver, waitMs }) =>
  createMysqlConnector({
    resolver,
    deadlines: { ...mysqlDeadlines, connectMs: waitMs, tlsMs: waitMs, signInMs: waitMs },
  });

type VendorDialect = 'SNOWFLAKE' | 'DATABRICKS' | 'ATHENA' | 'BIGQUERY' | 'SPANNER' | 'DUCKDB';

/** Dialects whose host is whatever the connection says. */
const free: Record<Exclude<Dialect, VendorDialect>, Make> = {
  POSTGRES: makePostgres,
  SUPABASE: makePostgres,
  REDSHIFT: ({ resolver, waitMs }) =>
    createRedshiftConnector({ resolver, deadlines: postgresWaits(waitMs) }),
  MYSQL: makeMysql,
  PLANETSCALE: makeMysql,
  SQL_SERVER: ({ resolver, waitMs }) =>
    createSqlServerConnector({
      resolver,
      deadlines: { ...sqlServerDeadlines, connectMs: waitMs, tlsMs: waitMs, signInMs: waitMs },
    }),
  ORACLE: ({ resolver, waitMs }) =>
    createOracleConnector({
      resolver,
      deadlines: { ...oracleDeadlines, connectMs: waitMs, tlsMs: waitMs, signInMs: waitMs },
    }),
  CLICKHOUSE: (settings) => {
    const { route, deadlines } = byHttp(settings);
    return createClickhouseConnector({
      route,
      deadlines: { ...clickhouseDeadlines, ...deadlines },
    });
  },
  POSTHOG: (settings) => createPosthogConnector(byHttp(settings)),
};

const frees = Object.entries(free).map(([dialect, make]) => ({
  dialect: dialect as keyof typeof free,
  make,
}));

async function probe(
  dialect: Dialect,
  connector: Connector,
  { fields, secrets = { password: 'a password' } }: Given,
  egress: EgressPolicy,
  signal = new AbortController().signal,
): Promise<string | null> {
  const connection = { ...blankConnection(dialect), port: canary.port, username: 'u', ...fields };
  return (await connector.probe({ connection, secrets, egress }, signal)).failure;
}

const direct = (host: string): Given => ({ fields: { host, databaseName: '1' } });
const tunnel = (sshHost: string): Given => ({
  fields: {
    ...{ host: 'db.example', databaseName: '1', sshEnabled: true, sshHost },
    ...{ sshPort: canary.port, sshUsername: 'u' },
  },
  secrets: { password: 'a password', sshPassword: 'another' },
});

describe.each(frees)('$dialect', ({ dialect, make }) => {
  const fields = dialect === 'POSTHOG' ? { host: direct } : { host: direct, sshHost: tunnel };

  test.each(Object.entries(fields))('reaches this machine by no spelling of %s', async (_f, at) => {
    const connector = make({ resolver: systemResolver, waitMs: 1_000 });
    const outcomes = await Promise.all(
      spellings.map((host) => probe(dialect, connector, at(host), closed)),
    );
    expect(new Set(outcomes)).not.toContain(null);
    expect(new Set(outcomes)).not.toContain('TIMEOUT');
    expect(canary.connections).toBe(0);
  });

  test.each(Object.entries(fields))('would, were the range open: %s', async (_field, at) => {
    const controller = new AbortController();
    const connector = make({ resolver: systemResolver, waitMs: 5_000 });
    const probing = probe(dialect, connector, at('127.0.0.1'), open, controller.signal);
    await expect.poll(() => canary.connections).toBeGreaterThan(0);
    // Who answers nothing would be waited for.
    controller.abort();
    expect(await probing).not.toBeNull();
  });

  test('is not led here by a name server that changes its mind, in 100 rounds', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, async () => {
        let asked = 0;
        // TEST-NET-1 leads nowhere; the second answer would be this machine.
        const resolver: Resolver = () =>
          Promise.resolve([asked++ === 0 ? '192.0.2.1' : '127.0.0.1']);
        const failure = await probe(
          dialect,
          make({ resolver, waitMs: 100 }),
          direct('rebinding.example'),
          closed,
        );
        return { failure, asked };
      }),
    );
    expect(new Set(outcomes.map(({ asked }) => asked))).toEqual(new Set([1]));
    expect(outcomes.map(({ failure }) => failure)).not.toContain(null);
    expect(canary.connections).toBe(0);
  });
});

const key = makeServiceAccountKey();
const withKey =
  (changes: (place: string) => object) =>
  (place: string): Given => ({
    fields: { bigQueryProjectId: 'p-1234', spannerInstanceId: 'main', databaseName: 'shop' },
    secrets: { bigQueryJsonKey: key.json(changes(place)) },
  });
const inProject = (place: string): Given => ({
  fields: { bigQueryProjectId: place, spannerInstanceId: 'main', databaseName: 'shop' },
  secrets: { bigQueryJsonKey: key.json() },
});
const googleFields = {
  bigQueryProjectId: inProject,
  'token_uri in the key': withKey((place) => ({ token_uri: `https://${place}/token` })),
  'universe_domain in the key': withKey((place) => ({ universe_domain: place })),
  'auth_uri in the key': withKey((place) => ({ auth_uri: `https://${place}/auth` })),
  'certificate urls in the key': withKey((place) => ({
    ...{ auth_provider_x509_cert_url: `https://${place}/`, client_x509_cert_url: place },
  })),
};
const athenaFields = { athenaWorkgroup: 'primary', username: 'AKIAIOSFODNN7EXAMPLE' };

interface Vendor {
  readonly make: (route: { resolver: Resolver; portOf: () => number }) => Connector;
  /** The only names that it may ask for. */
  readonly hosts: RegExp;
  readonly fields: { readonly [field: string]: (place: string) => Given };
}

/** Dialects whose host is the vendor's, whatever the connection says. */
const vendors: Record<VendorDialect, Vendor> = {
  SNOWFLAKE: {
    make: (route) => createSnowflakeConnector({ route }),
    hosts: /^[\w-]+(\.[\w-]+)*\.snowflakecomputing\.com$/,
    fields: {
      snowflakeAccountId: (place) => ({ fields: { snowflakeAccountId: place } }),
      host: (host) => ({ fields: { snowflakeAccountId: 'acme', host } }),
      snowflakeRole: (snowflakeRole) => ({ fields: { snowflakeAccountId: 'acme', snowflakeRole } }),
    },
  },
  DATABRICKS: {
    make: (route) => createDatabricksConnector({ route }),
    hosts: /^[\w-]+\.cloud\.databricks\.com$/,
    fields: {
      host: (host) => ({ fields: { host } }),
      databricksWarehouseId: (databricksWarehouseId) => ({
        fields: { host: 'dbc-1.cloud.databricks.com', databricksWarehouseId },
      }),
    },
  },
  ATHENA: {
    make: (route) => createAthenaConnector({ route }),
    hosts: /^athena\.[a-z0-9-]+\.amazonaws\.com$/,
    fields: {
      host: (host) => ({ fields: { ...athenaFields, host } }),
      'the region in host': (place) => ({
        fields: { ...athenaFields, host: `athena.${place}.amazonaws.com` },
      }),
      athenaOutputLocation: (place) => ({
        fields: { ...athenaFields, host: 'eu-central-1', athenaOutputLocation: `s3://${place}/x` },
      }),
      athenaCatalog: (athenaCatalog) => ({
        fields: { ...athenaFields, host: 'eu-central-1', athenaCatalog },
      }),
    },
  },
  BIGQUERY: {
    make: (route) => createBigQueryConnector({ route }),
    hosts: /^(bigquery|oauth2)\.googleapis\.com$/,
    fields: googleFields,
  },
  SPANNER: {
    make: (route) => createSpannerConnector({ route }),
    hosts: /^(spanner|oauth2)\.googleapis\.com$/,
    fields: {
      ...googleFields,
      spannerInstanceId: (spannerInstanceId) => ({
        fields: { bigQueryProjectId: 'p-1234', spannerInstanceId, databaseName: 'shop' },
        secrets: { bigQueryJsonKey: key.json() },
      }),
    },
  },
  DUCKDB: {
    make: () => createDuckdbConnector({ root }),
    // It asks for nothing at all.
    hosts: /^$/,
    fields: {
      'databaseName as a URL': (place) => ({
        fields: { databaseName: `http://${place}:${canary.port}/shop.duckdb` },
      }),
      'databaseName as a share': (place) => ({
        fields: { databaseName: `//${place}/shop.duckdb` },
      }),
    },
  },
};

const vendorCases = Object.entries(vendors).flatMap(([dialect, vendor]) =>
  Object.entries(vendor.fields).map(([field, at]) => ({
    ...{ dialect: dialect as keyof typeof vendors, field, at, vendor },
  })),
);

// Although the range is open: a literal address would be dialled without asking.
test.each(vendorCases)('$dialect goes to its vendor, whatever $field says', async (one) => {
  const asked = new Set<string>();
  const resolver: Resolver = (name) => {
    asked.add(name);
    return Promise.reject(new Error('ENOTFOUND'));
  };
  const connector = one.vendor.make({ resolver, portOf: () => canary.port });
  const outcomes = await Promise.all(
    spellings.map((place) => probe(one.dialect, connector, one.at(place), open)),
  );
  expect(outcomes).not.toContain(null);
  expect([...asked].filter((name) => !one.vendor.hosts.test(name))).toEqual([]);
  expect(canary.connections).toBe(0);
});
