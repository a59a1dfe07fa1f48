import {
  type HttpDeadlines,
  type HttpRoute,
  type HttpSession,
  openHttp,
} from '../egress/http/http.ts';
import type { ConnectionTarget } from './connector.ts';

export interface LastCallSettings {
  readonly origin: string;
  /** `closeMs`: for connecting and the calls, all together. */
  readonly deadlines: HttpDeadlines & { readonly closeMs: number };
  readonly route: HttpRoute;
}

/**
 * Tells a service what it needs to know when the session with it has been cut: on a connection of its
 * own, and for a moment only. Best effort: never throws.
 */
export async function lastCall(
  target: ConnectionTarget,
  { origin, deadlines, route }: LastCallSettings,
  tell: (http: HttpSession) => Promise<void>,
): Promise<void> {
  const signal = AbortSignal.timeout(deadlines.closeMs);
  try {
    const http = await openHttp(target, { origin, signal, deadlines, route, connections: 1 });
    try {
      await tell(http);
    } finally {
      await http.close();
    }
  } catch {
    // What it was to be told, services find out by their own time limits.
  }
}
