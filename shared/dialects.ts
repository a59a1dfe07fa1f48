import { z } from 'zod';

/** The database dialects of the contract, in the contract's order. */
export const dialects = [
  'POSTGRES',
  'SUPABASE',
  'MYSQL',
  'PLANETSCALE',
  'ATHENA',
  'BIGQUERY',
  'CLICKHOUSE',
  'SPANNER',
  'SNOWFLAKE',
  'REDSHIFT',
  'SQL_SERVER',
  'ORACLE',
  'DATABRICKS',
  'POSTHOG',
  'DUCKDB',
] as const;

export type Dialect = (typeof dialects)[number];

/** Accepts every dialect of the contract, whether or not its connector exists yet. */
export const DialectSchema = z.enum(dialects).meta({ id: 'DatabaseDialect' });

/** The dialects that workers have a connector for. `workers/connectors` is exhaustive over it. */
export const connectableDialects = ['POSTGRES', 'SUPABASE'] as const satisfies readonly Dialect[];

export type ConnectableDialect = (typeof connectableDialects)[number];

export function isConnectable(dialect: Dialect): dialect is ConnectableDialect {
  return (connectableDialects as readonly Dialect[]).includes(dialect);
}

/** The port a dialect listens on when the connection names none. Source: each vendor's manual. */
export const defaultPorts: Record<ConnectableDialect, number> = {
  POSTGRES: 5432,
  // Supabase's shared pooler in transaction mode; a direct connection names 5432 itself.
  SUPABASE: 6543,
};

/** The connection fields without which a dialect cannot be reached. */
export const requiredFields = {
  POSTGRES: ['host', 'username'],
  SUPABASE: ['host', 'username'],
} as const satisfies Record<ConnectableDialect, readonly string[]>;
