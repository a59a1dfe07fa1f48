import { createSqlServerConnector } from '../../../workers/connectors/sql-server/connector.ts';
import { conformsElsewhere } from '../../connectors/conformance.ts';
import { addressOf } from '../addresses.ts';
import { localNames } from '../local-names.ts';
import { useSqlServer } from './sql-server.ts';
import { awkwardSqlServer, thousandTables } from './sql-server-awkward.ts';

const address = addressOf('sql-server');

conformsElsewhere({
  dialect: 'SQL_SERVER',
  connector: createSqlServerConnector({ resolver: localNames }),
  against: address.url.host,
  useServer: () => useSqlServer(address),
  version: /^Microsoft SQL Server \d+\./,
  awkward: awkwardSqlServer,
  thousandTables,
});
