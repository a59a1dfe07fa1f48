import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A connection of which nobody makes requests but the test. */
export interface RawSocket {
  readonly socket: Socket;
  /** Everything that came back, byte for byte. */
  readonly received: string;
  /** How long it has lived; null while it does. */
  readonly closedAfterMs: number | null;
  /** Resolves when it is closed, from whichever side. */
  readonly closed: Promise<void>;
}

export async function openSocket(url: string): Promise<RawSocket> {
  const { hostname, port } = new URL(url);
  const startedAt = performance.now();
  const socket = connect(Number(port), hostname);
  let received = '';
  let closedAfterMs: number | null = null;
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      closedAfterMs = performance.now() - startedAt;
      resolve();
    });
  });
  socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
  await once(socket, 'connect');
  // A reset is one of the ways in which a server ends what it has enough of.
  socket.on('error', () => undefined);
  return {
    socket,
    closed,
    get received() {
      return received;
    },
    get closedAfterMs() {
      return closedAfterMs;
    },
  };
}

/** The status lines in what came back: one for each answer. */
export const statusesIn = ({ received }: Pick<RawSocket, 'received'>): number[] =>
  [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
