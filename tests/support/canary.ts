import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

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
  const sockets = new Set<Socket>();
  const chunks: Buffer[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The canary has no port');
  return {
    port: address.port,
    get connections() {
      return connections;
    },
    get received() {
      return Buffer.concat(chunks);
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
