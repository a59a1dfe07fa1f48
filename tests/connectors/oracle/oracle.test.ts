import { createOracleConnector } from '../../../workers/connectors/oracle/connector.ts';
import { systemResolver } from '../../../workers/egress/resolve.ts';
import { conforms } from '../conformance.ts';
import { awkwardOracle } from './oracle-awkward.ts';
import { thousandTables, useOracle } from './oracle-under-test.ts';

conforms({
  dialect: 'ORACLE',
  connector: createOracleConnector({
    // A real resolver may take seconds to say that a name does not exist.
    resolver: (host) =>
      host.endsWith('.invalid') ? Promise.reject(new Error('ENOTFOUND')) : systemResolver(host),
  }),
  against: "a stand-in that Oracle's own driver signs in to and reads, rogue servers; no Oracle",
  useServer: useOracle,
  version: /^Oracle Database 19c Enterprise Edition Release 19\.0/,
  awkward: awkwardOracle,
  thousandTables,
});
