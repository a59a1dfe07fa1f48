import type { Connection } from '../../../shared/connection.ts';
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
import { type SqlServerOptions, startSqlServer, type } from '../../stand-ins/sql-server/server.ts';
import { type Rogues, useRogueServers } from '../conformance/rogues.ts';
import { connectionTarget } from '../../support/connection-target.ts';
import { newState, password } from './sql-server-under-test.ts';

// Each wait short, so that a whole file takes seconds; the product's own are in limits.ts.
const deadlineMs = 600;
const deadlines = {
  ...defaultDeadlines,
  ...{ resolveMs: deadlineMs, connectMs: deadlineMs, tlsMs: deadlineMs, signInMs: deadlineMs },
  ...{ probeStatementMs: deadlineMs },
};

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

interface Run {
  readonly connection?: Partial<Connection>;
  readonly tables?: readonly SqlServerTable[];
  readonly limits?: Partial<SqlServerLimits>;
  /** Default: long enough for limits to be reached first, on a busy machine too. */
  readonly readStatementMs?: number;
}

/** The rogues of one test, and what the last of them was asked to stop. */
export function useRogues(): Rogues<SqlServerOptions, Run> & { readonly cancelled: number } {
  let state = newState();
  const rogues = useRogueServers<SqlServerOptions, Run>({
    async start(options, { connection, tables = [] } = {}) {
      state = newState([...tables]);
      const server = await startSqlServer(state, options);
      const given = { port: server.port, host: '127.0.0.1', username: 'reader', ...connection };
      return { server, target: connectionTarget({ dialect: 'SQL_SERVER', ...given }, password) };
    },
    connector: ({ limits, readStatementMs = 5_000 } = {}) =>
      createSqlServerConnector({
        deadlines: { ...deadlines, readStatementMs },
        limits: { ...defaultLimits, ...limits },
      }),
    healthy: sqlServer,
  });
  return {
    get server() {
      return rogues.server;
    },
    get cancelled() {
      return state.cancelled;
    },
    probe: rogues.probe,
    read: rogues.read,
  };
}
