import { createClickhouseConnector } from '../../../workers/connectors/clickhouse/connector.ts';
import { awkwardClickhouse } from '../../connectors/clickhouse-awkward.ts';
import {
  type RunningClickhouse,
  schema,
  thousandTables,
  useClickhouse,
} from '../../connectors/clickhouse-under-test.ts';
import { conformsElsewhere } from '../../connectors/conformance.ts';
import { postClickhouse } from '../../support/servers/post-clickhouse.ts';
import { addressOf, decoded } from '../addresses.ts';
import { localNames } from '../local-names.ts';
import { awkwardNewClickhouse } from './clickhouse-awkward.ts';

const address = addressOf('clickhouse');
const { hostname, port, host } = address.url;
const username = decoded(address.url.username);
const password = decoded(address.url.password);
const execute = (statement: string): Promise<string> =>
  postClickhouse({ hostname, port, username, password }, statement);

/** Data sources sign in as the one who made the database: not every version makes users by SQL. */
async function start(): Promise<RunningClickhouse> {
  const stop = async (): Promise<void> => {
    await execute(`drop database if exists ${schema}`);
  };
  await stop();
  const place = { hostname, port };
  return { place, username, password, execute, connections: null, stop };
}

const [major = 0] = (await execute('select version()')).split('.').map(Number);

conformsElsewhere({
  dialect: 'CLICKHOUSE',
  connector: createClickhouseConnector({ route: { resolver: localNames } }),
  against: host,
  useServer: () => useClickhouse(start),
  awkward: (major < 21 ? awkwardClickhouse : awkwardNewClickhouse)(schema),
  thousandTables,
});
