import type { Connection } from '../../../shared/connection.ts';
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
  type OracleState,
  startOracle,
} from '../../stand-ins/oracle/server.ts';
import { connectionTarget } from '../../support/connection-target.ts';
import { type Rogues, useRogueServers } from '../conformance/rogues.ts';
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

/** The rogues of one test, and what the last of them knows. */
export function useRogues(): Rogues<OracleOptions, Run> & { readonly state: OracleState } {
  let state = newState();
  const rogues = useRogueServers<OracleOptions, Run>({
    async start(options, { connection, tables = [] } = {}) {
      state = newState([...tables]);
      const server = await startOracle(state, options);
      const given = { port: server.port, host: '127.0.0.1', databaseName: state.service };
      const whole = { dialect: 'ORACLE', username: 'reader', ...given, ...connection } as const;
      return { server, target: connectionTarget(whole, password) };
    },
    connector: ({ limits, readStatementMs = 5_000 } = {}) =>
      createOracleConnector({
        deadlines: { ...deadlines, readStatementMs },
        limits: { ...defaultLimits, ...limits },
      }),
    healthy: oracle,
  });
  return {
    get server() {
      return rogues.server;
    },
    get state() {
      return state;
    },
    probe: rogues.probe,
    read: rogues.read,
  };
}
