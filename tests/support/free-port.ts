import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/*
 * Below 32768, where Linux begins to take ports for outgoing connections: a port from above, as
 * `listen(0)` gives it, is now and then somebody else's by the time that a server asks for it. And
 * below 20000, where the embedded PostgreSQL begins to look for its own.
 */
const lowest = 10_000;

/** Each worker of Vitest has ports of its own, so that two cannot choose the same one at a time. */
const worker = Number(process.env['VITEST_POOL_ID'] ?? 0) % 10;
const portsOfEach = 1_000;

// Begins anywhere, because a file before this one may have left something behind.
let next = randomInt(portsOfEach);

/** A port that nobody listens on and that was not given before, for a server that cannot choose. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowest + worker * portsOfEach + next;
    next = (next + 1) % portsOfEach;
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
