import type { RowDataPacket } from 'mysql2/promise';
import { createMysqlConnector } from '../../../workers/connectors/mysql/connector.ts';
import { conformsElsewhere } from '../../connectors/conformance.ts';
import { awkwardMariadb } from '../../connectors/mysql/mysql-awkward.ts';
import { thousandTables } from '../../connectors/mysql/mysql-server.ts';
import { addressOf } from '../addresses.ts';
import { localNames } from '../local-names.ts';
import { awkwardMysql } from './mysql-awkward.ts';
import { connectAsAdministrator, useMysql } from './mysql-server.ts';

const address = addressOf('mysql');

/** Which of the two it is decides what it can express. */
async function isMariadb(): Promise<boolean> {
  const root = await connectAsAdministrator(address);
  const [[row]] = await root.query<RowDataPacket[]>('select version() as version');
  await root.end();
  return /mariadb/i.test(String(row?.['version']));
}

conformsElsewhere({
  dialect: 'MYSQL',
  connector: createMysqlConnector({ resolver: localNames }),
  against: address.url.host,
  useServer: () => useMysql(address),
  steps: ['resolve', 'address', 'connect', 'tls', 'sign-in', 'query', 'catalog'],
  awkward: (await isMariadb()) ? awkwardMariadb : awkwardMysql,
  thousandTables,
});
