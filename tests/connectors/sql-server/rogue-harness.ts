import type { Connection } from '../../../shared/connection.ts';
import type { ConnectionTarget } from '../../../workers/connectors/connector.ts';
import {
  createSqlServerConnector,
  sqlServer,
} from '../../../workers/connectors/sql-server/connector.ts';
import {
  defaultDeadlines,
  defaultLimits,
  type SqlServerLimits,
} from '../../../workers/connectors/sql-server/limits.ts';
import type { SqlServerTable } from '../../stand-ins/sql-server/catalog.ts';
import type { Message, Peer } from '../../stand-ins/sql-server/peer.ts';
import type { Call } from '../../stand-ins/sql-server/requests.ts';
import {
  type SqlServerOptions,
  type SqlServerState,
  startSqlServer,
  type,
} from '../../stand-ins/sql-server/server.ts';
import type { TcpStandIn } from '../../stand-ins/tcp-stand-in.ts';
import { connectionTarget } from '../../support/connection-target.ts';
import { type RogueRun, type Rogues, type RogueWire, useRogues } from '../rogues/use-rogues.ts';
import { newState, password } from './sql-server-under-test.ts';

// Each wait short, so that a whole file takes seconds; the product's own are in limits.ts.
const deadlineMs = 600;
const deadlines = {
  ...defaultDeadlines,
  ...{ resolveMs: deadlineMs, connectMs: deadlineMs, tlsMs: deadlineMs, signInMs: deadlineMs },
  ...{ probeStatementMs: deadlineMs },
};

export { outcome } from '../rogues/use-rogues.ts';

/** Where in a session a rogue does something else than it should. */
export type Moment = 'prelogin' | 'sign-in' | 'settings' | 'version' | 'tables' | 'columns';

/** A stand-in that answers by `answer` at one moment, and as it should at all others. */
export function at(moment: Moment, answer: (peer: Peer, message: Message) => unknown) {
  return {
    onMessage(peer: Peer, message: Message, call: Call | null): boolean {
      if (momentOf(message, call) !== moment) return false;
      answer(peer, message);
      return true;
    },
  };
}

function momentOf(message: Message, call: Call | null): Moment | null {
  if (message.type === type.prelogin) return 'prelogin';
  if (message.type === type.login) return 'sign-in';
  if (call?.text.includes('lock_timeout')) return 'settings';
  if (call?.text.includes('serverproperty')) return 'version';
  if (call?.text.includes('order by o.object_id')) return 'tables';
  return call?.text.includes('order by c.object_id') ? 'columns' : null;
}

/** As the sign-in of TDS carries it: anybody who sees this can read it. */
export function obscured(secret: string): Buffer {
  return Buffer.from(
    Buffer.from(secret, 'utf16le').map((byte) => (((byte & 0x0f) << 4) | (byte >> 4)) ^ 0xa5),
  );
}

interface Run extends RogueRun {
  readonly tables?: readonly SqlServerTable[];
  readonly limits?: Partial<SqlServerLimits>;
  /** Default: long enough for limits to be reached first, on a busy machine too. */
  readonly readStatementMs?: number;
}

/** A stand-in, and what it remembers. */
type Rogue = TcpStandIn & { readonly state: SqlServerState };

async function start(options: SqlServerOptions, { tables = [] }: Run): Promise<Rogue> {
  const state = newState([...tables]);
  return Object.assign(await startSqlServer(state, options), { state });
}

const targetOf = ({ port }: Rogue, connection: Partial<Connection>): ConnectionTarget =>
  connectionTarget(
    { dialect: 'SQL_SERVER', port, host: '127.0.0.1', username: 'reader', ...connection },
    password,
  );

const wire: RogueWire<SqlServerOptions, Run, Rogue> = {
  maxMs: 8_000,
  start,
  target: targetOf,
  connector: ({ limits, readStatementMs = 5_000 }) =>
    createSqlServerConnector({
      deadlines: { ...deadlines, readStatementMs },
      limits: { ...defaultLimits, ...limits },
    }),
  async probeHealthy() {
    const server = await start({}, {});
    const report = await sqlServer.probe(targetOf(server, {}), new AbortController().signal);
    await server.close();
    return report;
  },
};

/** Rogues of TDS. */
export const useSqlServerRogues = (): Rogues<SqlServerOptions, Run, Rogue> => useRogues(wire, {});
