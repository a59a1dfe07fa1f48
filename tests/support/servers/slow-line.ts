import { connect, type Socket } from 'node:net';
import { type SocketServer, startSocketServer } from './socket-server.ts';

/**
 * A line that is `delayMs` long: every byte to `backend`, every byte of an answer and every farewell
 * arrives that much later, in order, however much is under way. The handshake of TCP costs nothing.
 */
export function startSlowLine(
  backend: { readonly host: string; readonly port: number },
  delayMs: number,
): Promise<SocketServer> {
  const pass = (from: Socket, to: Socket): void => {
    from.setNoDelay(true);
    // Timers of one length fire in the order in which they were set.
    from.on('data', (chunk) => void setTimeout(() => to.write(chunk), delayMs));
    from.once('end', () => void setTimeout(() => to.end(), delayMs));
    from.once('close', () => void setTimeout(() => to.destroy(), delayMs));
  };
  return startSocketServer((near) => {
    const far = connect({ ...backend });
    far.on('error', () => near.destroy());
    pass(near, far);
    pass(far, near);
  });
}
