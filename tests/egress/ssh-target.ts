import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Connection, ConnectionSecrets } from '../../shared/connection.ts';
import { ConnectionFailure, type ConnectionTarget } from '../../workers/connectors/connector.ts';
import { noFindings } from '../../workers/egress/findings.ts';
import { openTransport } from '../../workers/egress/transport.ts';
import type { TransportOptions } from '../../workers/egress/transport-options.ts';
import { connectionTarget } from '../support/connection-target.ts';

export interface SshTarget {
  readonly port: number;
  readonly username?: string;
  readonly secrets: ConnectionSecrets;
  /** The host key on record. */
  readonly pinned?: string;
  readonly connection?: Partial<Connection>;
}

/** A target behind an SSH server on loopback. */
export function sshTarget({ port, username = 'tester', secrets, pinned, connection }: SshTarget) {
  const base = connectionTarget({
    dialect: 'POSTGRES',
    sshEnabled: true,
    sshHost: '127.0.0.1',
    sshPort: port,
    sshUsername: username,
    ...connection,
  });
  return { ...base, secrets, sshHostKey: pinned ?? null, findings: noFindings() };
}

type Options = Partial<TransportOptions> & { readonly port: number };

/** What came of opening a socket through the tunnel: the step that failed and its code. */
export async function outcome(target: ConnectionTarget, options: Options): Promise<string> {
  let last = 'nothing';
  try {
    const socket = await openTransport(target, {
      host: '127.0.0.1',
      signal: new AbortController().signal,
      connectTimeoutMs: 3_000,
      step: (name, work) => {
        last = name;
        return work();
      },
      ...options,
    });
    const answer = await echoed(socket, 'hello');
    socket.destroy();
    await once(socket, 'close');
    return answer === 'hello' ? 'echoed' : answer;
  } catch (error) {
    return error instanceof ConnectionFailure ? `${last}: ${error.code}` : String(error);
  }
}

export async function open(
  target: ConnectionTarget,
  port: number,
  signal: AbortSignal = new AbortController().signal,
): Promise<Socket> {
  const socket = await openTransport(target, {
    host: '127.0.0.1',
    port,
    signal,
    connectTimeoutMs: 3_000,
  });
  socket.on('error', () => socket.destroy());
  return socket;
}

export async function echoed(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  let received = '';
  while (received.length < text.length) {
    const [chunk]: unknown[] = await once(socket, 'data');
    received += String(chunk);
  }
  return received;
}

/** A server behind the tunnel that says what it is told. */
export async function startEcho(): Promise<{
  port: number;
  sockets: Set<Socket>;
  close(): Promise<void>;
}> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: portOf(server),
    sockets,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

export function portOf(server: Pick<Server, 'address'>): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
