import { beforeAll } from 'vitest';
import type { Connection } from '../../../shared/connection.ts';
import type { ConnectionTarget } from '../../../workers/connectors/connector.ts';
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
import type { OracleOptions, OracleState } from '../../stand-ins/oracle/options.ts';
import { startOracle } from '../../stand-ins/oracle/server.ts';
import type { TcpStandIn } from '../../stand-ins/tcp-stand-in.ts';
import { connectionTarget } from '../../support/connection-target.ts';
import { type RogueRun, type Rogues, type RogueWire, useRogues } from '../rogues/use-rogues.ts';
import { newState, password } from './oracle-under-test.ts';

// Each wait short, so that a whole file takes seconds; the product's own are in limits.ts.
const deadlineMs = 1_500;
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

export { outcome } from '../rogues/use-rogues.ts';

/** Where in a session a rogue does something else than it should. */
export type Moment =
  | 'connect'
  | 'protocol'
  | 'data types'
  | 'sign-in'
  | 'proof'
  | keyof typeof statements;

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

interface Run extends RogueRun {
  readonly tables?: readonly OracleTable[];
  readonly limits?: Partial<OracleLimits>;
  /** Default: long enough for limits to be reached first, on a busy machine too. */
  readonly readStatementMs?: number;
}

/** A stand-in, and what it remembers. */
type Rogue = TcpStandIn & { readonly state: OracleState };

async function start(options: OracleOptions, { tables = [] }: Run): Promise<Rogue> {
  const state = newState([...tables]);
  return Object.assign(await startOracle(state, options), { state });
}

const targetOf = ({ port, state }: Rogue, connection: Partial<Connection>): ConnectionTarget =>
  connectionTarget(
    {
      ...{ dialect: 'ORACLE', port, host: '127.0.0.1', username: 'reader' },
      ...{ databaseName: state.service, ...connection },
    },
    password,
  );

const wire: RogueWire<OracleOptions, Run, Rogue> = {
  maxMs: 8_000,
  start,
  target: targetOf,
  connector: ({ limits, readStatementMs = 5_000 }) =>
    createOracleConnector({
      deadlines: { ...deadlines, readStatementMs },
      limits: { ...defaultLimits, ...limits },
    }),
  async probeHealthy() {
    const server = await start({}, {});
    const report = await oracle.probe(targetOf(server, {}), new AbortController().signal);
    await server.close();
    return report;
  },
};

/** Rogues of TNS. */
export function useOracleRogues(): Rogues<OracleOptions, Run, Rogue> {
  // The driver loads most of itself within the first sign-in, which no short deadline is meant for.
  beforeAll(() => wire.probeHealthy());
  return useRogues(wire, {});
}
