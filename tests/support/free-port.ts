import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/*
 * Below 32768, where Linux begins to take ports for outgoing connections: a port from above, as
 * `listen(0)` gives it, is now and then somebody else's by the time that a server asks for it. And
 * below 20000, where the embedded PostgreSQL begins to look for its own.
 */
const [lowest, highest] = [10_000, 20_000];

/** A port that nobody listens on, for a server that cannot choose one by itself. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, highest);
    const probe = createServer().listen(port);
    try {
      await once(probe, 'listening');
    } catch {
      continue;
    }
    probe.close();
    await once(probe, 'close');
    return port;
  }
}
