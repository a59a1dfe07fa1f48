import type { Canary } from '../../support/canary.ts';
import type { HostileServer } from './hostile-case.ts';

/** A server together with the place that it sends its clients to. */
export function withElsewhere(server: HostileServer, elsewhere: Canary): HostileServer {
  return {
    port: server.port,
    get received() {
      return server.received;
    },
    elsewhere,
    async close() {
      await server.close();
      await elsewhere.close();
    },
  };
}
