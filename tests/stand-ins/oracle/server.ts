import type { Identity } from '../../support/certificates.ts';
import { startTcpStandIn, type TcpStandIn } from '../tcp-stand-in.ts';
import type { OracleTable } from './catalog.ts';
import { type Incoming, Peer } from './peer.ts';
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
  /** Takes what comes before it is looked at, and says nothing. */
  readonly isMute?: boolean;
  /** Answers a packet, or the request in it, by itself; false leaves it to the stand-in. */
  readonly onPacket?: (peer: Peer, packet: Incoming) => boolean;
  readonly onRequest?: (peer: Peer, request: Request) => boolean;
}

/** A server that speaks TNS 3.18 and TTC 12 as far as clients sign in and read catalogs. */
export function startOracle(state: OracleState, options: OracleOptions = {}): Promise<TcpStandIn> {
  return startTcpStandIn((socket, { record, unblocked }) => {
    const session = new Session(state, options, unblocked);
    const peer = new Peer(socket, (packet) => session.take(peer, packet), record);
    if (options.isMute) socket.resume();
    else peer.begin(options.identity);
    return peer;
  });
}
