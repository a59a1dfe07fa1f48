import { createSqlServerConnector } from '../../../workers/connectors/sql-server/connector.ts';
import { systemResolver } from '../../../workers/egress/resolve.ts';
import { conforms } from '../conformance.ts';
import { awkwardSqlServer } from './sql-server-awkward.ts';
import { thousandTables, useSqlServer } from './sql-server-under-test.ts';

conforms({
  dialect: 'SQL_SERVER',
  connector: createSqlServerConnector({
    // A real resolver may take seconds to say that a name does not exist.
    resolver: (host) =>
      host.endsWith('.invalid') ? Promise.reject(new Error('ENOTFOUND')) : systemResolver(host),
  }),
  against: 'a stand-in that tedious and mssql accept, rogue servers; no SQL Server',
  useServer: useSqlServer,
  version: /^Microsoft SQL Server 16\.0\.4135\.4 \(Developer Edition/,
  awkward: awkwardSqlServer,
  thousandTables,
});
