import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';
import { fingerprintOf } from '../../workers/egress/ssh/host-key.ts';
import { makeSshKey, type HostKeyType } from '../support/servers/openssh.ts';
import { portOf } from './ssh-target.ts';

/** What an SSH server of a test does where a real one would not. */
export interface RogueSsh {
  readonly hostKeys?: readonly HostKeyType[];
  readonly algorithms?: ssh2.Algorithms;
  readonly passwords?: readonly string[];
  /** Asked in place of letting in; leaves without an answer what it does not answer. */
  readonly onSignIn?: (context: ssh2.AuthContext, connection: Connection) => void;
  /** What happens with a channel; without it the server is mute about channels. */
  readonly onChannel?: (
    accept: () => ServerChannel,
    reject: () => void,
    connection: Connection,
  ) => void;
}

export interface RogueSshServer {
  readonly port: number;
  readonly fingerprints: readonly string[];
  /** Ways in which clients have tried to sign in: each is bytes about somebody. */
  readonly attempts: readonly string[];
  readonly connections: number;
  close(): Promise<void>;
}

/** An SSH server in this process that does what a test wants. */
export async function startRogueSsh(rogue: RogueSsh = {}): Promise<RogueSshServer> {
  const keys = (rogue.hostKeys ?? ['ed25519']).map((type) => makeSshKey({ type }));
  const attempts: string[] = [];
  let connections = 0;
  const open = new Set<Connection>();
  const { algorithms } = rogue;
  const server = new ssh2.Server(
    { hostKeys: keys.map(({ privateKey }) => privateKey), ...(algorithms ? { algorithms } : {}) },
    (connection) => {
      connections += 1;
      open.add(connection);
      connection.on('close', () => open.delete(connection));
      connection.on('error', () => undefined);
      connection.on('authentication', (context) => {
        attempts.push(context.method);
        if (rogue.onSignIn) rogue.onSignIn(context, connection);
        else if (context.method === 'password' && rogue.passwords?.includes(context.password)) {
          context.accept();
        } else context.reject(['password']);
      });
      connection.on('tcpip', (accept, reject) => rogue.onChannel?.(accept, reject, connection));
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: portOf(server),
    fingerprints: keys.map(({ publicKey }) =>
      fingerprintOf(Buffer.from(publicKey.split(' ')[1] ?? '', 'base64')),
    ),
    attempts,
    get connections() {
      return connections;
    },
    async close() {
      for (const connection of open) connection.end();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A TCP server that answers with bytes of its own. */
export async function startBytes(
  script: (socket: Socket) => void,
): Promise<{ port: number; received: Buffer[]; sockets: Set<Socket>; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const received: Buffer[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => received.push(chunk));
    script(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: portOf(server),
    received,
    sockets,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
