import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface Balancer {
  readonly url: string;
  /** The backends that are asked at the moment, by port. */
  readonly healthy: ReadonlySet<number>;
  close(): Promise<void>;
}

// As load balancers have it, only shorter.
const everyMs = 100;

/**
 * A TCP load balancer, as plain as they come: connections go in turn to backends whose health answers
 * 200, bytes go both ways, and nothing is sent twice.
 */
export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  const healthy = new Set<number>();
  const sockets = new Set<Socket>();
  let turn = 0;
  let isOpen = true;
  const look = async (port: number): Promise<void> => {
    const isUp = await fetch(`http://127.0.0.1:${port}/api/healthz`, {
      headers: { connection: 'close' },
    }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) healthy.add(port);
    else healthy.delete(port);
  };
  const looking = (async () => {
    while (isOpen) {
      await Promise.all(ports.map(look));
      await delay(everyMs);
    }
  })();

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const up = [...healthy];
    const port = up[(turn += 1) % up.length];
    if (port === undefined) return void client.destroy();
    const backend = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    for (const [from, to] of [
      [client, backend],
      [backend, client],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.once('error', () => to.destroy());
      from.once('close', () => sockets.delete(from));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    healthy,
    async close() {
      isOpen = false;
      await looking;
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
