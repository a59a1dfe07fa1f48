import { describe, test } from 'vitest';
import { createMysqlConnector } from '../../../workers/connectors/mysql/connector.ts';
import { systemResolver } from '../../../workers/egress/resolve.ts';
import { canMakeCertificates } from '../../support/certificates.ts';
import { mariadbMissing } from '../../support/servers/mariadb.ts';
import { conforms } from '../conformance.ts';
import { awkwardMariadb } from './mysql-awkward.ts';
import { thousandTables, useMariadb } from './mysql-server.ts';

const connector = createMysqlConnector({
  // A real resolver may take seconds to say that a name does not exist.
  resolver: (host) =>
    host.endsWith('.invalid') ? Promise.reject(new Error('ENOTFOUND')) : systemResolver(host),
});

const missing = mariadbMissing();

if (missing) {
  test.skip(missing, () => undefined);
} else {
  conforms({
    dialect: 'MYSQL',
    connector,
    against: 'MariaDB 10.11, rogue servers; no MySQL',
    useServer: () => useMariadb({ requireTls: false }),
    awkward: awkwardMariadb,
    thousandTables,
  });

  describe.skipIf(!canMakeCertificates())('(needs the openssl command)', () => {
    conforms({
      dialect: 'PLANETSCALE',
      connector,
      against: 'MariaDB 10.11 that insists on TLS, rogue servers; no Vitess',
      useServer: () => useMariadb({ requireTls: true }),
      steps: ['resolve', 'address', 'connect', 'tls', 'sign-in', 'query', 'catalog'],
      awkward: awkwardMariadb,
      thousandTables,
    });
  });
}
