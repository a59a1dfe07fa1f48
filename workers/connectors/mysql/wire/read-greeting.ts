import type { Socket } from 'node:net';
import { type Deadline, withDeadline } from '../../../egress/deadline.ts';
import { ConnectionFailure } from '../../connector.ts';
import { type Greeting, parseGreeting } from './greeting.ts';

/**
 * Waits for the server's greeting and leaves the socket paused behind it.
 * Throws what `parseGreeting` throws, CONNECTION_LOST and TIMEOUT.
 */
export function readGreeting(
  socket: Socket,
  encrypted: boolean,
  deadline: Deadline,
): Promise<Greeting> {
  const { promise, resolve, reject } = Promise.withResolvers<Greeting>();
  let bytes = Buffer.alloc(0);
  const lost = (): void => reject(new ConnectionFailure('CONNECTION_LOST'));
  const read = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    try {
      const greeting = parseGreeting(bytes, encrypted);
      if (!greeting) return;
      socket.pause();
      resolve(greeting);
    } catch (error) {
      reject(error);
    }
  };
  socket.on('data', read);
  socket.on('end', lost);
  socket.on('close', lost);
  const waited = promise.finally(() => {
    socket.off('data', read);
    socket.off('end', lost);
    socket.off('close', lost);
  });
  return withDeadline(waited, deadline, () => socket.destroy());
}
