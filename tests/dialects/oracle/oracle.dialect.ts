import { createOracleConnector } from '../../../workers/connectors/oracle/connector.ts';
import { conformsElsewhere } from '../../connectors/conformance.ts';
import { addressOf } from '../addresses.ts';
import { localNames } from '../local-names.ts';
import { useOracle } from './oracle.ts';
import { awkwardOracle, thousandTables } from './oracle-awkward.ts';

const address = addressOf('oracle');

conformsElsewhere({
  dialect: 'ORACLE',
  connector: createOracleConnector({ resolver: localNames }),
  against: address.url.host,
  useServer: () => useOracle(address),
  version: /^Oracle .* Release \d+\./,
  awkward: awkwardOracle,
  thousandTables,
});
