import { startTcpStandIn, type TcpStandIn } from '../tcp-stand-in.ts';
import type { OracleOptions, OracleState } from './options.ts';
import { Peer } from './peer.ts';
import { Session } from './session.ts';

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
