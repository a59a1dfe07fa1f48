/** A signal with an end. `clear` it: long-lived sources keep what listens to them. */
export interface WorkDeadline {
  readonly signal: AbortSignal;
  clear(): void;
}

/**
 * Fires after `timeoutMs`, with a `TimeoutError`, or with the first of `sources` and its reason.
 * `AbortSignal.any` over a signal that lives as long as the process keeps half a kilobyte per job.
 */
export function startDeadline(timeoutMs: number, sources: readonly AbortSignal[]): WorkDeadline {
  const controller = new AbortController();
  const timer = setTimeout(
    () => controller.abort(new DOMException('deadline', 'TimeoutError')),
    timeoutMs,
  );
  const listeners = sources.map((source) => {
    const abort = (): void => controller.abort(source.reason);
    if (source.aborted) abort();
    else source.addEventListener('abort', abort, { once: true });
    return () => source.removeEventListener('abort', abort);
  });
  return {
    signal: controller.signal,
    clear() {
      clearTimeout(timer);
      for (const remove of listeners) remove();
    },
  };
}
