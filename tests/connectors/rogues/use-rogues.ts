import { afterEach, expect } from 'vitest';
import type { CatalogTable } from '../../../shared/catalog.ts';
import type { ConnectionFailureCode } from '../../../shared/failures/connection-failures.ts';
import type { Connection } from '../../../shared/connection.ts';
import {
  type CatalogRequest,
  ConnectionFailure,
  type ConnectionTarget,
  type Connector,
  type ProbeReport,
} from '../../../workers/connectors/connector.ts';
import { bounded } from './bounded.ts';

/** How one rogue is gone to; a wire adds to it what it can be tried with. */
export interface RogueRun {
  readonly connection?: Partial<Connection>;
  /** What is wanted of a catalog. */
  readonly request?: CatalogRequest;
}

/** A wire whose servers mean ill, each by a behaviour of its own. */
export interface RogueWire<Behaviour, Run extends RogueRun, Server> {
  start(behaviour: Behaviour, run: Run): Promise<Server>;
  target(server: Server, connection: Partial<Connection>): ConnectionTarget;
  /** A connector of which every wait is short. */
  connector(run: Run): Connector;
  /** A probe of a server that means well. */
  probeHealthy(): Promise<ProbeReport>;
  /** What holds of every server when its test is over. */
  check?(server: Server): void;
  /** D2 of security.md allows 60 s; what takes longer than this waits for something it should not. */
  readonly maxMs: number;
}

/** The rogues of one test, one after the other. */
export interface Rogues<Behaviour, Run, Server> {
  /** The last one. */
  readonly server: Server;
  probe(behaviour: Behaviour, run?: Run): Promise<ProbeReport>;
  /** The rogue's catalog, or the code that reading it failed with. */
  read(behaviour: Behaviour, run?: Run): Promise<CatalogTable[] | ConnectionFailureCode>;
}

interface Closable {
  close(): Promise<void>;
}

/**
 * Runs every rogue within its deadlines and a bounded memory, and holds after each test that the next
 * probe of a healthy server succeeds.
 */
export function useRogues<Behaviour, Run extends RogueRun, Server extends Closable>(
  wire: RogueWire<Behaviour, Run, Server>,
  usual: Run,
): Rogues<Behaviour, Run, Server> {
  const never = new AbortController().signal;
  let server: Server | undefined;

  async function start(behaviour: Behaviour, run: Run): Promise<ConnectionTarget> {
    await server?.close();
    server = await wire.start(behaviour, run);
    return wire.target(server, run.connection ?? {});
  }

  afterEach(async () => {
    if (server) wire.check?.(server);
    await server?.close();
    server = undefined;
    expect((await wire.probeHealthy()).failure).toBeNull();
  });

  return {
    get server() {
      if (!server) throw new Error('No rogue is running');
      return server;
    },
    async probe(behaviour, run = usual) {
      const target = await start(behaviour, run);
      return bounded(wire.maxMs, () => wire.connector(run).probe(target, never));
    },
    async read(behaviour, run = usual) {
      const target = await start(behaviour, run);
      return bounded(wire.maxMs, async () => {
        try {
          return await Array.fromAsync(wire.connector(run).readCatalog(target, never, run.request));
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
