import type * as oracledb from 'oracledb';
import { loadDriver } from '../load-driver.ts';
import { connectDescriptor, type Endpoint } from './target.ts';

/** The package as CommonJS exports it. */
export type Driver = (typeof oracledb)['default'];

/** In its thin mode, which is JavaScript alone: no Oracle Client, no wallet, no tnsnames.ora. */
export function loadOracledb(): Promise<Driver> {
  return loadDriver('oracledb', async () => (await import('oracledb')).default);
}

/** Signs in over a port of ours, with every setting given that the driver would otherwise choose. */
export function connect(
  driver: Driver,
  port: number,
  { user, password, service }: Endpoint,
): Promise<oracledb.Connection> {
  return driver.getConnection({
    connectString: connectDescriptor(port, service),
    user,
    password,
    // What it says about us, instead of the names of our machine and user.
    ...{ driverName: 'basekeep', machine: 'basekeep', osUser: 'basekeep' },
    ...{ program: 'basekeep', terminal: 'basekeep' },
    // Each statement is used once in a portion; a kept cursor would only be one more open.
    stmtCacheSize: 0,
    // Never by what the machine or a wallet knows.
    externalAuth: false,
  });
}
