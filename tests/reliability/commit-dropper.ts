import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { freePort } from '../support/free-port.ts';

/** Stands between the API and PostgreSQL, and can lose the answer to a COMMIT. */
export interface CommitDropper {
  readonly url: string;
  /** How many answers were lost: executed by PostgreSQL, never told. */
  readonly dropped: number;
  /** From now on the next COMMIT of a transaction that contains `marker` is executed and not told. */
  arm(marker: string): void;
  close(): Promise<void>;
}

export async function startCommitDropper(databaseUrl: string): Promise<CommitDropper> {
  const target = new URL(databaseUrl);
  let armed: string | null = null;
  let dropped = 0;
  const sockets = new Set<Socket>();

  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    let isMarked = false;
    let isLosing = false;
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.on('error', end);
      socket.on('close', () => {
        sockets.delete(socket);
        end();
      });
    }
    client.on('data', (chunk) => {
      const text = chunk.toString('latin1').toLowerCase();
      if (armed !== null && text.includes(armed)) isMarked = true;
      if (isMarked && armed !== null && /\bcommit\b/.test(text)) {
        isLosing = true;
        armed = null;
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (!isLosing) return void client.write(chunk);
      // CommandComplete: PostgreSQL has done it. This is what the API never hears.
      if (chunk.includes('COMMIT\0')) {
        dropped += 1;
        end();
      }
    });
  });
  const port = await freePort();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return {
    url: url.href,
    get dropped() {
      return dropped;
    },
    arm: (marker) => void (armed = marker.toLowerCase()),
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
