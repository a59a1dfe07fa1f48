import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Identity } from '../../support/certificates.ts';
import { freePort } from '../../support/free-port.ts';
import type { OracleTable } from './catalog.ts';
import type { Incoming } from './peer.ts';
import { Peer } from './peer.ts';
import type { Request } from './requests.ts';
import { Session } from './session.ts';

/** What a client said of itself and of what it wants. */
export interface SignInTried {
  readonly user: string;
  /** Null when it could not be opened. */
  readonly password: string | null;
  readonly values: { readonly [name: string]: string };
}

export interface OracleState {
  readonly user: string;
  readonly password: string;
  readonly service: string;
  readonly tables: OracleTable[];
  /** Sign-ins that were tried, right and wrong. */
  readonly signIns: SignInTried[];
  /** Statements that were broken off. */
  broken: number;
}

export interface OracleOptions {
  /** Speaks TLS from the first byte, as a TCPS port does. */
  readonly identity?: Identity;
  /** Has its clients begin TLS a second time, as a listener does that hands its sockets on. */
  readonly encryptsAnew?: Identity;
  /** Rows of one answer, whatever the client asks for; default: what it asks for. */
  readonly maxRows?: number;
  /** Answers a packet, or the request in it, by itself; false leaves it to the stand-in. */
  readonly onPacket?: (peer: Peer, packet: Incoming) => boolean;
  readonly onRequest?: (peer: Peer, request: Request) => boolean;
}

export interface OracleStandIn {
  readonly port: number;
  readonly connections: number;
  /** Everything that clients have sent, decrypted. */
  readonly received: Buffer;
  /** What they have sent outside of TLS. */
  readonly receivedInClear: Buffer;
  /** Statements of a catalog get no answer until the returned function is called. */
  block(): () => void;
  close(): Promise<void>;
}

/** A server that speaks TNS 3.18 and TTC 12 as far as clients sign in and read catalogs. */
export async function startOracle(
  state: OracleState,
  options: OracleOptions = {},
): Promise<OracleStandIn> {
  const peers = new Set<Peer>();
  const received: Buffer[] = [];
  const clear: Buffer[] = [];
  let gate: Promise<void> = Promise.resolve();
  const server = createServer({ noDelay: true }, (socket) => {
    const session = new Session(state, options, () => gate);
    const peer = new Peer(
      socket,
      (packet) => session.take(peer, packet),
      (bytes, isClear) => {
        received.push(bytes);
        if (isClear) clear.push(bytes);
      },
    );
    peers.add(peer);
    socket.once('close', () => peers.delete(peer));
    peer.begin(options.identity);
  });
  const port = await freePort();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port,
    get connections() {
      return peers.size;
    },
    get received() {
      return Buffer.concat(received);
    },
    get receivedInClear() {
      return Buffer.concat(clear);
    },
    block() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
    async close() {
      for (const peer of peers) peer.close();
      server.close();
      await once(server, 'close');
    },
  };
}
