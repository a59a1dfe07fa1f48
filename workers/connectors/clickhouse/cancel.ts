import { openHttp } from '../../egress/http/http.ts';
import type { ConnectionTarget } from '../connector.ts';
import { endpointOf } from './endpoint.ts';
import type { SessionSettings } from './limits.ts';

/**
 * Asks the server to stop statements of ours. Current servers also notice that the connection has
 * gone; 18.16 does not before it has rows to send. Best effort: never throws.
 */
export async function killQueries(
  target: ConnectionTarget,
  { deadlines, route }: SessionSettings,
  ids: readonly string[],
): Promise<void> {
  const { origin, authorization } = endpointOf(target);
  const signal = AbortSignal.timeout(deadlines.closeMs);
  try {
    const http = await openHttp(target, { origin, signal, deadlines, route, allowCleartext: true });
    try {
      const list = ids.map((id) => `'${id}'`).join(', ');
      const response = await http.request({
        method: 'POST',
        path: '/',
        headers: { authorization },
        // The ids are UUIDs that we made. Users may stop their own statements, read-only ones too.
        body: `kill query where query_id in (${list}) async`,
      });
      await response.discard();
    } finally {
      await http.close();
    }
  } catch {
    // The statements end by their own max_execution_time then.
  }
}
