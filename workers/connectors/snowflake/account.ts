import { ConnectionFailure, type ConnectionTarget } from '../connector.ts';
import { exactName } from './identifier.ts';

// Snowflake documentation, "Account identifiers": org-account, or a locator with its region and cloud,
// or either of them with `privatelink`. Letters, digits, hyphens and underscores; no other host fits.
const label = '[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?';
const accountId = new RegExp(`^${label}(?:\\.${label}){0,3}$`);

export interface Account {
  readonly origin: string;
  /** How sign-ins name the account: without the region. */
  readonly name: string;
  readonly database: string | null;
  readonly warehouse: string | null;
  readonly role: string | null;
}

/** Where an account is. Throws ACCOUNT_NOT_FOUND for what cannot be the name of one. */
export function accountOf({ connection }: ConnectionTarget): Account {
  const id = (connection.snowflakeAccountId ?? '')
    .trim()
    .toLowerCase()
    // People also paste the host.
    .replace(/\.snowflakecomputing\.com$/, '');
  if (id.length > 200 || !accountId.test(id)) throw new ConnectionFailure('ACCOUNT_NOT_FOUND');
  const [first = '', region = ''] = id.split('.');
  // The accounts in China have a domain of their own.
  const domain = region.startsWith('cn-') ? 'snowflakecomputing.cn' : 'snowflakecomputing.com';
  return {
    // Certificates do not match names with underscores; every account also has one with hyphens.
    origin: `https://${id.replaceAll('_', '-')}.${domain}`,
    name: first.toUpperCase(),
    database: exactName(connection.databaseName),
    warehouse: exactName(connection.snowflakeWarehouse),
    role: exactName(connection.snowflakeRole),
  };
}
