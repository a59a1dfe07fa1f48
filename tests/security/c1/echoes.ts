import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { Identity } from '../../support/certificates.ts';
import { authSwitch, serverError, startRogueMysql } from '../../support/servers/rogue-mysql.ts';
import * as postgres from '../../support/servers/rogue-postgres.ts';
import { fakePostgres } from '../../support/servers/rogue-scripts.ts';
import { greet } from '../../connectors/mysql/mysql-rogues.ts';

/** A server that asks for the password itself and repeats it in its refusal, as real ones have done. */
export interface Echo {
  readonly port: number;
  /** How many passwords it has repeated. */
  readonly repeated: number;
  close(): Promise<void>;
}

/** Each wire's echo, with this certificate. */
export const echoes = {
  async postgres(identity: Identity): Promise<Echo> {
    let repeated = 0;
    const server = await postgres.startRoguePostgres(
      fakePostgres({
        identity,
        signIn: async (peer) => {
          await peer.send(postgres.ask.cleartext);
          const answer = await peer.receive();
          const text = `password "${answer?.body.toString() ?? ''}" is wrong`.replaceAll('\0', '');
          repeated += 1;
          await peer.send(postgres.serverError('28P01', text));
          peer.close();
        },
      }),
    );
    return withCount(server, () => repeated);
  },

  async mysql(identity: Identity): Promise<Echo> {
    let repeated = 0;
    const server = await startRogueMysql(async (peer) => {
      const sequence = await greet(peer, { identity });
      if (sequence === null) return;
      await peer.send(authSwitch(sequence + 1, 'mysql_clear_password'));
      const answer = await peer.receive();
      if (!answer) return;
      repeated += 1;
      const text = `Access denied (using password: ${answer.body.toString()})`;
      await peer.send(serverError(answer.sequence + 1, 1_045, text.replaceAll('\0', '')));
      peer.close();
    });
    return withCount(server, () => repeated);
  },

  async http(identity: Identity): Promise<Echo> {
    let repeated = 0;
    const server = createServer(identity, (request, response) => {
      const [, given = ''] = (request.headers.authorization ?? '').split(' ');
      const decoded = Buffer.from(given, 'base64').toString();
      repeated += 1;
      response.writeHead(401, { 'content-type': 'application/json', 'x-echo': given });
      response.end(JSON.stringify({ detail: `${given} ${decoded} is wrong` }));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const close = async (): Promise<void> => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    };
    return withCount({ port, close }, () => repeated);
  },
};

const withCount = ({ port, close }: Pick<Echo, 'port' | 'close'>, count: () => number): Echo => ({
  port,
  get repeated() {
    return count();
  },
  close,
});
