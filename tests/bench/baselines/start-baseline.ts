import { once } from 'node:events';
import type { Installation } from '../stage/installation.ts';

/** Starts the hand-written endpoints on an installation's database. */
export async function startExpressPg(
  installation: Installation,
): Promise<{ url: string; pid: number }> {
  const running = installation.startBaseline(new URL('express-pg.ts', import.meta.url));
  const ended = once(running.child, 'exit').then(() => running.assertAlive());
  const heard = once(running.child, 'message') as Promise<[{ port: number }]>;
  const message = await Promise.race([heard, ended]);
  if (!message) throw new Error('the baseline did not start');
  return { url: `http://127.0.0.1:${message[0].port}`, pid: running.pid };
}
