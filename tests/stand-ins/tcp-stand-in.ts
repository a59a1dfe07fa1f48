import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { freePort } from '../support/free-port.ts';

export interface TcpStandIn {
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

/** What a stand-in's connection is given. */
export interface Listening {
  /** Takes note of what a client has sent. */
  record(bytes: Buffer, isClear: boolean): void;
  /** Resolves when statements of a catalog may be answered. */
  unblocked(): Promise<void>;
}

/** Listens, and hands over each connection; what comes back ends it. */
export async function startTcpStandIn(
  accept: (socket: Socket, listening: Listening) => { close(): void },
): Promise<TcpStandIn> {
  const peers = new Set<{ close(): void }>();
  const received: Buffer[] = [];
  const clear: Buffer[] = [];
  let gate: Promise<void> = Promise.resolve();
  const listening: Listening = {
    record(bytes, isClear) {
      received.push(bytes);
      if (isClear) clear.push(bytes);
    },
    unblocked: () => gate,
  };
  const server = createServer({ noDelay: true }, (socket) => {
    const peer = accept(socket, listening);
    peers.add(peer);
    socket.once('close', () => peers.delete(peer));
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
