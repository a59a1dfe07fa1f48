import { connect, type Socket } from 'node:net';
import { type Duplex, pipeline, Transform } from 'node:stream';
import type { Identity } from '../certificates.ts';
import { encryptForClient } from './encrypt.ts';
import { startSocketServer } from './socket-server.ts';

/** A port of ours before a server. */
export interface Front {
  readonly port: number;
  /** Connections that clients have open. */
  readonly connections: number;
  /** Nothing comes back from the server until the returned function is called. */
  block(): () => void;
  close(): Promise<void>;
}

/** The two ends that talk to each other, once both sides have agreed on how they encrypt. */
type Ends = readonly [client: Duplex, server: Duplex];

/** Has a client and the server agree. What it throws ends the connection. */
export type Meeting = (client: Socket, server: Socket) => Ends | Promise<Ends>;

const asTheyAre: Meeting = (client, server) => [client, server];

/** TLS from the first byte, as HTTPS and TCPS have it, before a server without. */
export function inTls(identity: Identity): Meeting {
  return (client, server) => [encryptForClient(client, identity), server];
}

/** Where a server is. */
export interface Place {
  readonly hostname: string;
  readonly port: string | number;
}

/** Passes on whatever comes, each connection to one of its own to the server. */
export async function startFront(server: Place, meet: Meeting = asTheyAre): Promise<Front> {
  let gate = Promise.resolve();
  const open = new Set<Socket>();
  const serve = async (client: Socket): Promise<void> => {
    open.add(client);
    // Each of the pipes below listens a few times.
    client.setMaxListeners(30);
    client.once('close', () => open.delete(client));
    const behind = connect({ host: server.hostname, port: Number(server.port), noDelay: true });
    behind.on('error', () => client.destroy());
    client.once('close', () => behind.destroy());
    behind.setMaxListeners(30);
    const [near, far] = await meet(client, behind);
    const held = new Transform({
      transform: (chunk, _encoding, done) => void gate.then(() => done(null, chunk)),
    });
    const ended = (): void => {
      client.destroy();
      behind.destroy();
    };
    pipeline(near, far, ended);
    pipeline(far, held, near, ended);
  };
  const listening = await startSocketServer((client) => {
    client.setNoDelay(true);
    serve(client).catch(() => client.destroy());
  });
  return {
    port: listening.port,
    get connections() {
      return open.size;
    },
    block() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
    close: () => listening.close(),
  };
}
