import type { Dialect } from '../../shared/dialects.ts';

/** Where a vendor's server is: a service of docker-compose.yml, unless a variable says otherwise. */
export interface Address {
  readonly dialect: Dialect;
  /** The variable that names another server. */
  readonly variable: string;
  /** With whoever may make databases and users there. */
  readonly url: URL;
}

const password = encodeURIComponent(process.env['DIALECTS_PASSWORD'] ?? 'Basekeep_only_1');

export const services = [
  'mysql',
  'sql-server',
  'oracle',
  'clickhouse',
  'bigquery',
  'spanner',
] as const;

/** A service of the compose profile `dialects`. */
export type Service = (typeof services)[number];

/** Ports, users and the password as in docker-compose.yml. */
const usual = {
  mysql: ['MYSQL', `mysql://root:${password}@127.0.0.1:13306`],
  'sql-server': ['SQL_SERVER', `mssql://sa:${password}@127.0.0.1:11433`],
  oracle: ['ORACLE', `oracle://system:${password}@127.0.0.1:11521/FREEPDB1`],
  clickhouse: ['CLICKHOUSE', `http://basekeep:${password}@127.0.0.1:18123`],
  bigquery: ['BIGQUERY', 'http://127.0.0.1:19050'],
  spanner: ['SPANNER', 'http://127.0.0.1:19020'],
} as const satisfies Record<Service, readonly [Dialect, string]>;

/** Throws for a variable that is no URL with a port. */
export function addressOf(service: Service): Address {
  const [dialect, fallback] = usual[service];
  const variable = `BASEKEEP_TEST_${dialect}_URL`;
  const url = URL.parse(process.env[variable] ?? fallback);
  if (!url?.port) throw new Error(`${variable} is not a URL like ${fallback}`);
  return { dialect, variable, url };
}

/** User or password of a URL as a person means them. */
export function decoded(part: string): string {
  return decodeURIComponent(part);
}
