import type * as tedious from 'tedious';
import type { Socket } from 'node:net';
import { ConnectionFailure } from '../connector.ts';
import { loadDriver } from '../load-driver.ts';
import type { Endpoint } from './target.ts';

export type Driver = typeof tedious;

export function loadTedious(): Promise<Driver> {
  return loadDriver('tedious', () => import('tedious'));
}

// Ours are the deadlines; the driver's own only have to be later.
const neverMs = 2 ** 31 - 1;

/** The driver over a socket of ours, with every setting given that it would otherwise choose. */
export function createConnection(
  { Connection: Tedious }: Driver,
  socket: Socket,
  endpoint: Endpoint,
): tedious.Connection {
  const { host, port, user, password, database } = endpoint;
  const sockets = [socket];
  return new Tedious({
    server: host,
    authentication: { type: 'default', options: { userName: user, password } },
    options: {
      port,
      ...(database === null ? {} : { database }),
      // A second socket would be for an address that a server has sent us on to.
      connector: () => {
        const given = sockets.shift();
        return given
          ? Promise.resolve(given)
          : Promise.reject(new ConnectionFailure('REDIRECT_REFUSED'));
      },
      // What encryption there is, is below the socket.
      encrypt: false,
      appName: 'basekeep',
      // The name of our machine, otherwise.
      workstationId: 'basekeep',
      connectTimeout: neverMs,
      requestTimeout: 0,
      cancelTimeout: neverMs,
      maxRetriesOnTransientErrors: 0,
      rowCollectionOnRequestCompletion: false,
      rowCollectionOnDone: false,
      useColumnNames: false,
    },
  });
}
