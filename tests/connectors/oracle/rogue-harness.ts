import { afterEach, expect } from 'vitest';
import type { CatalogTable } from '../../../shared/catalog.ts';
import type { ConnectionFailureCode } from '../../../shared/connection-failures.ts';
import type { Connection } from '../../../shared/connection.ts';
import { ConnectionFailure, type ProbeReport } from '../../../workers/connectors/connector.ts';
import { createOracleConnector, oracle } from '../../../workers/connectors/oracle/connector.ts';
import {
  defaultDeadlines,
  defaultLimits,
  type OracleLimits,
} from '../../../workers/connectors/oracle/limits.ts';
import type { OracleTable } from '../../stand-ins/oracle/catalog.ts';
import { dataPackets, type } from '../../stand-ins/oracle/packets.ts';
import type { Peer } from '../../stand-ins/oracle/peer.ts';
import type { Request } from '../../stand-ins/oracle/requests.ts';
import {
  type OracleOptions,
  type OracleStandIn,
  type OracleState,
  startOracle,
} from '../../stand-ins/oracle/server.ts';
import { connectionTarget } from '../../support/connection-target.ts';
import { bounded } from '../rogues/bounded.ts';
import { newState, password } from './oracle-under-test.ts';

// Each wait short, so that a whole file takes seconds; the product's own are in limits.ts.
const deadlineMs = 800;
const deadlines = {
  ...defaultDeadlines,
  ...{ resolveMs: deadlineMs, connectMs: deadlineMs, tlsMs: deadlineMs, signInMs: deadlineMs },
  ...{ probeStatementMs: deadlineMs, closeMs: 100 },
};

const statements = {
  settings: 'alter session',
  version: 'v$version',
  owners: 'all_users u',
  tables: 'from all_tables t',
  columns: 'from all_tab_cols',
};

/** Where in a session a rogue does something else than it should. */
export type Moment =
  'connect' | 'protocol' | 'data types' | 'sign-in' | 'proof' | keyof typeof statements;

/** A stand-in that answers by `answer` at one moment, and as it should at all others. */
export function at(moment: Moment, answer: (peer: Peer) => unknown): OracleOptions {
  if (moment === 'connect') {
    return {
      onPacket(peer, packet) {
        if (packet.type !== type.connect) return false;
        answer(peer);
        return true;
      },
    };
  }
  return {
    onRequest(peer, request) {
      if (momentOf(request) !== moment) return false;
      answer(peer);
      return true;
    },
  };
}

function momentOf(request: Request): string | undefined {
  if (request.kind !== 'execute') return request.kind;
  return Object.entries(statements).find(([, mark]) => request.text.includes(mark))?.[0];
}

/** Answers with a message, in the packets that it takes. */
export const answering =
  (...parts: readonly Buffer[]) =>
  (peer: Peer): Promise<void> =>
    peer.send(dataPackets(Buffer.concat(parts)));

interface Run {
  readonly connection?: Partial<Connection>;
  readonly tables?: readonly OracleTable[];
  readonly limits?: Partial<OracleLimits>;
  /** Default: long enough for limits to be reached first, on a busy machine too. */
  readonly readStatementMs?: number;
}

/** The rogues of one test, one after the other. */
export interface Rogues {
  /** The last one, and what it knows. */
  readonly server: OracleStandIn;
  readonly state: OracleState;
  probe(options?: OracleOptions, run?: Run): Promise<ProbeReport>;
  /** The rogue's catalog, or the code that reading it failed with. */
  read(options?: OracleOptions, run?: Run): Promise<CatalogTable[] | ConnectionFailureCode>;
}

/**
 * Runs every rogue within its deadlines and a bounded memory, and holds after each test that the next
 * probe of a healthy server succeeds.
 */
export function useRogues(): Rogues {
  let server: OracleStandIn | undefined;
  let state = newState();

  async function start(options: OracleOptions, { connection, tables = [] }: Run) {
    await server?.close();
    state = newState([...tables]);
    server = await startOracle(state, options);
    const given = { port: server.port, host: '127.0.0.1', databaseName: state.service };
    const whole = { dialect: 'ORACLE', username: 'reader', ...given, ...connection } as const;
    return connectionTarget(whole, password);
  }

  afterEach(async () => {
    const healthy = await oracle.probe(await start({}, {}), new AbortController().signal);
    expect(healthy.failure).toBeNull();
    await server?.close();
    server = undefined;
  });

  return {
    get server() {
      if (!server) throw new Error('No rogue is running');
      return server;
    },
    get state() {
      return state;
    },
    async probe(options = {}, run = {}) {
      const to = await start(options, run);
      const limits = { ...defaultLimits, ...run.limits };
      const connector = createOracleConnector({ deadlines, limits });
      return bounded(8_000, () => connector.probe(to, new AbortController().signal));
    },
    async read(options = {}, run = {}) {
      const to = await start(options, run);
      const connector = createOracleConnector({
        deadlines: { ...deadlines, readStatementMs: run.readStatementMs ?? 5_000 },
        limits: { ...defaultLimits, ...run.limits },
      });
      return bounded(8_000, async () => {
        try {
          return await Array.fromAsync(connector.readCatalog(to, new AbortController().signal));
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
