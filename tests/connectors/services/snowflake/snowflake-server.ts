import { generateKeyPairSync } from 'node:crypto';
import { createSnowflakeConnector } from '../../../../workers/connectors/snowflake/connector.ts';
import type { SnowflakeTable } from '../../../stand-ins/snowflake-statements.ts';
import { snowflakeHandler, type SnowflakeState } from '../../../stand-ins/snowflake.ts';
import { vendor } from '../vendor-server.ts';
import { tablesInJson } from '../../tables-in-json.ts';

export const host = 'acme-test-1.snowflakecomputing.com';
export const password = 'canary-snowflake-password';
export const accessToken = 'eyJhbGciOiJIUzI1NiJ9.canary-snowflake-token.c2ln';
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
export { privateKey };

export const state: SnowflakeState = {
  account: 'ACME-TEST_1',
  user: 'somebody',
  password,
  accessToken,
  publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  roles: ['READER', 'my role'],
  database: 'SALES',
  warehouses: new Map([
    ['SMALL', 'STARTED'],
    ['Big "one"', 'SUSPENDED'],
  ]),
  tables: [],
  showRows: 10_000,
  runningAnswers: 1,
  statements: [],
  cancelled: [],
  sessions: new Set(),
};
const account = { snowflakeAccountId: 'acme-test_1', username: 'somebody', databaseName: 'sales' };

export const standIn = vendor({
  host,
  connection: account,
  password,
  handler: snowflakeHandler(state),
  ...tablesInJson(state.tables, ({ columns }) => columns.map(([name]) => name)),
});
export const connector = createSnowflakeConnector({ route: standIn.route });

export const tableOf = (more: Partial<SnowflakeTable>): SnowflakeTable => ({
  ...{ schema: 'PUBLIC', name: 'T', type: 'BASE TABLE', rowCount: null, comment: null },
  ...{ columns: [], primary: [], unique: [], imported: [] },
  ...more,
});
type Fields = readonly (string | null)[];
export const field = (
  name: string,
  type: string,
  sizes: Fields = [],
  more: Fields = [],
): Fields => {
  const [length = null, precision = null, scale = null, fraction = null] = sizes;
  const [nullable = 'YES', expression = null, identity = 'NO', comment = null] = more;
  return [name, type, length, precision, scale, fraction, nullable, expression, identity, comment];
};
