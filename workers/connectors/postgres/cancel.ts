import { withDeadline } from '../../egress/deadline.ts';
import { openTransport } from '../../egress/transport.ts';
import type { ConnectionTarget } from '../connector.ts';
import { type CancelKey, cancelRequest } from './messages.ts';
import { requestTls } from './request-tls.ts';
import type { Endpoint } from './target.ts';

export interface CancelTarget {
  readonly target: ConnectionTarget;
  readonly endpoint: Endpoint;
  /** Where the session was connected to; a name could lead to another server now. */
  readonly address: string;
  readonly timeoutMs: number;
}

/** Asks the server to stop what the session of `key` is doing. Best effort: never throws. */
export async function cancelStatement(session: CancelTarget, key: CancelKey): Promise<void> {
  const { timeoutMs } = session;
  const { host, port, caCertificate, encrypted } = session.endpoint;
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const plain = await openTransport(session.target, {
      host: session.address,
      port,
      signal,
      connectTimeoutMs: timeoutMs,
    });
    plain.on('error', () => plain.destroy());
    const tls = { host, caCertificate, target: session.target, signal, timeoutMs };
    const socket = encrypted ? await requestTls(plain, tls) : plain;
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => socket.destroy());
    socket.resume();
    socket.end(cancelRequest(key));
    await withDeadline(closed, { timeoutMs, signal }, () => socket.destroy());
  } catch {
    // The statement ends by its own statement_timeout then.
  }
}
