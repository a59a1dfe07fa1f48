import { ConnectionFailure } from '../connectors/connector.ts';
import type { ConnectionFailureCode } from '../../shared/failures/connection-failures.ts';

export interface Deadline {
  readonly timeoutMs: number;
  /**
   * The caller's wish to stop. Ends the wait as CONNECTION_LOST, as TIMEOUT if it was a timer's, and as
   * what its reason says if that is a ConnectionFailure.
   */
  readonly signal: AbortSignal;
  /** What a passed deadline means here; TIMEOUT unless said otherwise. */
  readonly code?: ConnectionFailureCode;
}

/**
 * Waits for `work` no longer than the deadline. `giveUp` runs once when the wait ends early and must
 * release what the work holds: a socket is destroyed there, because nothing else ends a read from
 * a mute server. The promise always settles, whether or not the work ever does.
 */
export function withDeadline<T>(
  work: Promise<T>,
  deadline: Deadline,
  giveUp: () => void = () => undefined,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const stop = (code: ConnectionFailureCode): void => {
    giveUp();
    reject(new ConnectionFailure(code));
  };
  const abort = (): void => {
    const { reason } = deadline.signal;
    const timer = reason instanceof DOMException && reason.name === 'TimeoutError';
    const code = timer ? 'TIMEOUT' : 'CONNECTION_LOST';
    stop(reason instanceof ConnectionFailure ? reason.code : code);
  };
  const timer = setTimeout(() => stop(deadline.code ?? 'TIMEOUT'), deadline.timeoutMs);
  deadline.signal.addEventListener('abort', abort, { once: true });
  if (deadline.signal.aborted) abort();
  work.then(resolve, reject);
  return promise.finally(() => {
    clearTimeout(timer);
    deadline.signal.removeEventListener('abort', abort);
  });
}
