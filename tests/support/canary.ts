import type { Socket } from 'node:net';
import { startSocketServer } from './servers/socket-server.ts';

/** A listener that nobody should reach, on every address of this machine. */
export interface Canary {
  readonly port: number;
  /** How many connections it has had. */
  readonly connections: number;
  /** What they sent, all together. */
  readonly received: Buffer;
  close(): Promise<void>;
}

export async function startCanary(): Promise<Canary> {
  const chunks: Buffer[] = [];
  let connections = 0;
  const serve = (socket: Socket): void => {
    connections += 1;
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  };
  const server = await startSocketServer(serve, { host: null });
  return {
    port: server.port,
    get connections() {
      return connections;
    },
    get received() {
      return Buffer.concat(chunks);
    },
    close: () => server.close(),
  };
}
