import mysql, { type Connection } from 'mysql2';
import type { Duplex } from 'node:stream';
import { clientFlags } from './capabilities.ts';
import type { Endpoint } from '../target.ts';

type AuthPlugins = NonNullable<Parameters<typeof mysql.createConnection>[0]>;

/** The driver over a stream of ours, with every setting given that it would otherwise choose. */
export function createClient(stream: Duplex, endpoint: Endpoint): Connection {
  const { user, password, database, encrypted } = endpoint;
  return mysql.createConnection({
    stream,
    user,
    password: password ?? '',
    ...(database === null ? {} : { database }),
    charset: 'utf8mb4_general_ci',
    flags: clientFlags(encrypted),
    // Methods that reveal the password are only there at all once the server's identity is proved;
    // the gate refuses them without TLS.
    authPlugins: encrypted ? pluginsUnderTls(password ?? '') : {},
    connectAttributes: { program_name: 'basekeep' },
    // Timers of our own, and none of the driver's.
    connectTimeout: 0,
    enableKeepAlive: false,
    // Rows by code that the driver compiles out of column names: names that a server chooses.
    disableEval: true,
    multipleStatements: false,
  });
}

/** Over TLS, the password itself is what MySQL's own client sends for these. */
function pluginsUnderTls(password: string): NonNullable<AuthPlugins['authPlugins']> {
  const reveal = () => () => Buffer.from(`${password}\0`);
  return {
    caching_sha2_password: mysql.authPlugins.caching_sha2_password({ overrideIsSecure: true }),
    sha256_password: reveal,
    mysql_clear_password: reveal,
  };
}
