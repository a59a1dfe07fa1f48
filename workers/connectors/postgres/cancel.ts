import { openGuardedSocket } from '../../egress/socket.ts';
import { withDeadline } from '../../egress/deadline.ts';
import type { EgressPolicy } from '../../egress/policy.ts';
import type { CancelKey } from './message-gate.ts';
import { requestTls } from './request-tls.ts';

export interface CancelTarget {
  readonly host: string;
  /** Where the session was connected to; a name could lead to another server now. */
  readonly address: string;
  readonly port: number;
  readonly policy: EgressPolicy;
  readonly encrypted: boolean;
  readonly caCertificate: string | null;
  readonly timeoutMs: number;
}

/** Asks the server to stop what the session of `key` is doing. Best effort: never throws. */
export async function cancelStatement(target: CancelTarget, key: CancelKey): Promise<void> {
  const { timeoutMs } = target;
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const plain = await openGuardedSocket({
      host: target.address,
      port: target.port,
      policy: target.policy,
      signal,
      connectTimeoutMs: timeoutMs,
    });
    plain.on('error', () => plain.destroy());
    const { host, caCertificate } = target;
    const socket = target.encrypted
      ? await requestTls(plain, { host, caCertificate, signal, timeoutMs })
      : plain;
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => socket.destroy());
    socket.resume();
    socket.end(cancelRequest(key));
    await withDeadline(closed, { timeoutMs, signal }, () => socket.destroy());
  } catch {
    // The statement ends by its own statement_timeout then.
  }
}

/** PostgreSQL manual, "Message Formats", CancelRequest: length 16, code 80877102. */
function cancelRequest({ processId, secretKey }: CancelKey): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeInt32BE(16, 0);
  bytes.writeInt32BE(80_877_102, 4);
  bytes.writeInt32BE(processId, 8);
  bytes.writeInt32BE(secretKey, 12);
  return bytes;
}
