import fc from '../../support/fast-check.ts';
import pg from 'pg';
import { expect, test } from 'vitest';
import { blankConnection, type Connection } from '../../../shared/connection.ts';
import { connectionUri, maskedPassword } from '../../../shared/connection-uri.ts';
import { dialects, type Dialect } from '../../../shared/dialects.ts';

const everything = {
  host: 'db.example.com',
  port: 1234,
  username: 'read er@x',
  databaseName: 'a/b?c',
  snowflakeAccountId: 'org-account',
  snowflakeWarehouse: 'WH 1',
  snowflakeRole: 'ROLE',
  bigQueryProjectId: 'project',
  spannerInstanceId: 'instance',
  athenaWorkgroup: 'primary',
  athenaOutputLocation: 's3://bucket/path/',
  databricksWarehouseId: 'abc123',
} satisfies Partial<Connection>;

const of = (dialect: Dialect, changes: Partial<Connection> = {}): Connection => ({
  ...blankConnection(dialect),
  ...everything,
  ...changes,
});

const password = `p:w@d/#?%'(*)!"\\ é`;
const encoded = 'p%3Aw%40d%2F%23%3F%25%27%28%2A%29%21%22%5C%20%C3%A9';
const server = `read%20er%40x:${encoded}@db.example.com:1234`;

test.each(
  Object.entries({
    POSTGRES: `postgres://${server}/a%2Fb%3Fc?sslmode=verify-full`,
    SUPABASE: `postgres://${server}/a%2Fb%3Fc?sslmode=verify-full`,
    REDSHIFT: `postgres://${server}/a%2Fb%3Fc?sslmode=verify-full`,
    MYSQL: `mysql://${server}/a%2Fb%3Fc?ssl-mode=VERIFY_IDENTITY`,
    PLANETSCALE: `mysql://${server}/a%2Fb%3Fc?ssl-mode=VERIFY_IDENTITY`,
    CLICKHOUSE: `https://${server}/a%2Fb%3Fc`,
    SQL_SERVER: `sqlserver://${server}?database=a%2Fb%3Fc&encrypt=true`,
    ORACLE: `oracle://${server}/a%2Fb%3Fc`,
    SNOWFLAKE: `snowflake://read%20er%40x:${encoded}@org-account/a%2Fb%3Fc?warehouse=WH%201&role=ROLE`,
    BIGQUERY: 'bigquery://project/a%2Fb%3Fc',
    SPANNER: 'cloudspanner:/projects/project/instances/instance/databases/a%2Fb%3Fc',
    ATHENA: `awsathena+rest://read%20er%40x:${encoded}@db.example.com:443/a%2Fb%3Fc?s3_staging_dir=s3%3A%2F%2Fbucket%2Fpath%2F&work_group=primary`,
    DATABRICKS: `databricks://token:${encoded}@db.example.com?http_path=%2Fsql%2F1.0%2Fwarehouses%2Fabc123&catalog=a%2Fb%3Fc`,
    POSTHOG: null,
    DUCKDB: 'duckdb:///a/b%3Fc',
  } satisfies Record<Dialect, string | null>),
)('%s is written as its own tools take it', (dialect, uri) => {
  const known = dialects.find((name) => name === dialect) ?? 'POSTGRES';
  expect(connectionUri(of(known), password)).toBe(uri);
});

test('parts that are not there leave no trace', () => {
  const bare = { username: 'u', databaseName: null, port: null, sslEnabled: false };
  expect(connectionUri(of('POSTGRES', bare), null)).toBe(
    'postgres://u@db.example.com?sslmode=disable',
  );
  expect(connectionUri(of('CLICKHOUSE', bare), null)).toBe('http://u@db.example.com');
  expect(
    connectionUri(
      of('SNOWFLAKE', { ...bare, snowflakeWarehouse: null, snowflakeRole: null }),
      null,
    ),
  ).toBe('snowflake://u@org-account');
  expect(connectionUri(of('ATHENA', { host: 'eu-central-1' }), null)).toContain(
    '@athena.eu-central-1.amazonaws.com:443/',
  );
});

test('a password is masked by the same eight characters, whatever its length', () => {
  expect(connectionUri(of('MYSQL'), maskedPassword)).toContain('read%20er%40x:********@db');
});

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });

test('any name and any password come back out of the URI', () => {
  fc.assert(
    fc.property(
      text,
      text,
      text,
      fc.constantFrom('POSTGRES', 'MYSQL', 'CLICKHOUSE', 'ORACLE'),
      fc.constantFrom('db.example.com', '10.0.0.1', '2001:db8::1'),
      (username, secret, databaseName, dialect, host) => {
        const uri = new URL(
          connectionUri(of(dialect, { username, databaseName, host }), secret) ?? '',
        );
        expect(decodeURIComponent(uri.username)).toBe(username);
        expect(decodeURIComponent(uri.password)).toBe(secret);
        expect(decodeURIComponent(uri.pathname.slice(1))).toBe(databaseName);
        expect(uri.hostname).toBe(host.includes(':') ? `[${host}]` : host);
        expect(uri.port).toBe('1234');
      },
    ),
    { numRuns: 300 },
  );
});

test("PostgreSQL's own driver reads what was written", () => {
  fc.assert(
    fc.property(text, text, (user, secret) => {
      const connection = of('POSTGRES', {
        username: user,
        databaseName: 'shop',
        sslEnabled: false,
      });
      const client = new pg.Client(connectionUri(connection, secret) ?? '');
      expect([client.user, client.password, client.database]).toEqual([user, secret, 'shop']);
      expect([client.host, client.port]).toEqual(['db.example.com', 1234]);
    }),
    { numRuns: 100 },
  );
});
