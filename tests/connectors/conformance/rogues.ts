import { afterEach, expect } from 'vitest';
import type { CatalogTable } from '../../../shared/catalog.ts';
import type { ConnectionFailureCode } from '../../../shared/connection-failures.ts';
import {
  ConnectionFailure,
  type ConnectionTarget,
  type Connector,
  type ProbeReport,
} from '../../../workers/connectors/connector.ts';
import type { TcpStandIn } from '../../stand-ins/tcp-stand-in.ts';
import { bounded } from './bounded.ts';
import { never } from './subject.ts';

/** How a wire's rogues are started, and what connects to them. */
export interface RogueWire<Options, Run> {
  /** Without options and run: a healthy server. */
  start(options?: Options, run?: Run): Promise<{ server: TcpStandIn; target: ConnectionTarget }>;
  /** Whose waits are short, so that a whole file takes seconds. */
  connector(run: Run | undefined, what: 'probe' | 'read'): Connector;
  readonly healthy: Connector;
}

/** The rogues of one test, one after the other. */
export interface Rogues<Options, Run> {
  /** The last one. */
  readonly server: TcpStandIn;
  probe(options?: Options, run?: Run): Promise<ProbeReport>;
  /** The rogue's catalog, or the code that reading it failed with. */
  read(options?: Options, run?: Run): Promise<CatalogTable[] | ConnectionFailureCode>;
}

/**
 * Runs every rogue within its deadlines and a bounded memory, and holds after each test that the next
 * probe of a healthy server succeeds.
 */
export function useRogueServers<Options, Run>(wire: RogueWire<Options, Run>): Rogues<Options, Run> {
  let server: TcpStandIn | undefined;

  async function start(options?: Options, run?: Run): Promise<ConnectionTarget> {
    await server?.close();
    const started = await wire.start(options, run);
    server = started.server;
    return started.target;
  }

  afterEach(async () => {
    expect((await wire.healthy.probe(await start(), never)).failure).toBeNull();
    await server?.close();
    server = undefined;
  });

  return {
    get server() {
      if (!server) throw new Error('No rogue is running');
      return server;
    },
    async probe(options, run) {
      const to = await start(options, run);
      return bounded(() => wire.connector(run, 'probe').probe(to, never));
    },
    async read(options, run) {
      const to = await start(options, run);
      return bounded(async () => {
        try {
          return await Array.fromAsync(wire.connector(run, 'read').readCatalog(to, never));
        } catch (error) {
          if (error instanceof ConnectionFailure) return error.code;
          throw error;
        }
      });
    },
  };
}

/** The step a probe ended with, and why. */
export function outcome({ failure, steps }: ProbeReport): [string | undefined, string | null] {
  return [steps.at(-1)?.step, failure];
}
