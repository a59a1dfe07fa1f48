import type { Identity } from '../../support/certificates.ts';
import type { OracleTable } from './catalog.ts';
import type { Incoming, Peer } from './peer.ts';
import type { Request } from './requests.ts';

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
