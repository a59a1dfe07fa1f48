import { afterEach, expect } from 'vitest';
import type { CatalogTable } from '../../../shared/catalog.ts';
import type { ConnectionFailureCode } from '../../../shared/connection-failures.ts';
import type { Connection } from '../../../shared/connection.ts';
import { ConnectionFailure, type ProbeReport } from '../../../workers/connectors/connector.ts';
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
  type SqlServerStandIn,
  startSqlServer,
  type,
} from '../../stand-ins/sql-server/server.ts';
import { bounded } from '../conformance/bounded.ts';
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

/** The rogues of one test, one after the other. */
export interface Rogues {
  /** The last one. */
  readonly server: SqlServerStandIn;
  readonly cancelled: number;
  probe(options?: SqlServerOptions, run?: Run): Promise<ProbeReport>;
  /** The rogue's catalog, or the code that reading it failed with. */
  read(options?: SqlServerOptions, run?: Run): Promise<CatalogTable[] | ConnectionFailureCode>;
}

/**
 * Runs every rogue within its deadlines and a bounded memory, and holds after each test that the next
 * probe of a healthy server succeeds.
 */
export function useRogues(): Rogues {
  let server: SqlServerStandIn | undefined;
  let state = newState();

  async function start(options: SqlServerOptions, { connection, tables = [] }: Run) {
    await server?.close();
    state = newState([...tables]);
    server = await startSqlServer(state, options);
    const given = { port: server.port, host: '127.0.0.1', username: 'reader', ...connection };
    return connectionTarget({ dialect: 'SQL_SERVER', ...given }, password);
  }

  afterEach(async () => {
    const healthy = await sqlServer.probe(await start({}, {}), new AbortController().signal);
    expect(healthy.failure).toBeNull();
    await server?.close();
    server = undefined;
  });

  return {
    get server() {
      if (!server) throw new Error('No rogue is running');
      return server;
    },
    get cancelled() {
      return state.cancelled;
    },
    async probe(options = {}, run = {}) {
      const to = await start(options, run);
      const limits = { ...defaultLimits, ...run.limits };
      const connector = createSqlServerConnector({ deadlines, limits });
      return bounded(() => connector.probe(to, new AbortController().signal));
    },
    async read(options = {}, run = {}) {
      const to = await start(options, run);
      const connector = createSqlServerConnector({
        deadlines: { ...deadlines, readStatementMs: run.readStatementMs ?? 5_000 },
        limits: { ...defaultLimits, ...run.limits },
      });
      return bounded(async () => {
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
