import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

interface Drain {
  /** How long requests are still taken, so that load balancers see that this process is leaving. */
  readonly leaveMs: number;
  /** How long what is in flight may then take. */
  readonly finishMs: number;
}

/** Ends a server without dropping a request: whoever keeps a connection is told to open another. */
export async function drain(server: Server, { leaveMs, finishMs }: Drain): Promise<void> {
  server.prependListener('request', (_request, response) => {
    response.shouldKeepAlive = false;
  });
  if (leaveMs > 0) await delay(leaveMs);
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  await Promise.race([closed, delay(finishMs, undefined, { ref: false })]);
  server.closeAllConnections();
}
