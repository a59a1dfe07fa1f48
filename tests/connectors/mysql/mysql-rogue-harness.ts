import { afterEach, expect } from 'vitest';
import type { CatalogTable } from '../../../shared/catalog.ts';
import type { ConnectionFailureCode } from '../../../shared/connection-failures.ts';
import type { Connection } from '../../../shared/connection.ts';
import {
  ConnectionFailure,
  type ConnectionTarget,
  type ProbeReport,
} from '../../../workers/connectors/connector.ts';
import { createMysqlConnector, mysql } from '../../../workers/connectors/mysql/connector.ts';
import {
  defaultDeadlines,
  defaultLimits,
  type MysqlLimits,
} from '../../../workers/connectors/mysql/limits.ts';
import { connectionTarget } from '../../support/connection-target.ts';
import { type RogueServer, startRogueMysql } from '../../support/servers/rogue-mysql.ts';
import { fakeMysql, type Script } from './mysql-rogues.ts';

export const password = 'canary-5f2d8c-password';
// Each wait short, so that a whole file takes seconds; the product's own are in limits.ts.
const deadlineMs = 400;
const deadlines = {
  ...defaultDeadlines,
  ...{ resolveMs: deadlineMs, connectMs: deadlineMs, tlsMs: deadlineMs, signInMs: deadlineMs },
  ...{ probeStatementMs: deadlineMs, closeMs: 500 },
};
const maxMs = 8_000;
const maxBytes = 512 * 1024 * 1024;

/** The rogues of one test, one after the other. */
export interface Rogues {
  /** Everything that was sent to the last one, decrypted. */
  readonly received: Buffer;
  probe(script: Script, connection?: Partial<Connection>): Promise<ProbeReport>;
  /** The rogue's catalog, or the code that reading it failed with. */
  read(script: Script, options?: ReadOptions): Promise<CatalogTable[] | ConnectionFailureCode>;
  target(connection: Partial<Connection>, own?: string): ConnectionTarget;
}

interface ReadOptions {
  readonly limits?: Partial<MysqlLimits>;
  /** Default: long enough for limits to be reached first, on a busy machine too. */
  readonly readStatementMs?: number;
}

/**
 * Runs every rogue within its deadlines and a bounded memory, and holds after each test that no
 * password went out in the clear and that the next probe of a healthy server succeeds.
 */
export function useRogues(): Rogues {
  let rogue: RogueServer | undefined;

  const target = (connection: Partial<Connection>, own?: string): ConnectionTarget =>
    connectionTarget(
      { dialect: 'MYSQL', host: '127.0.0.1', username: 'somebody', ...connection },
      own,
    );

  async function start(script: Script, connection: Partial<Connection> = {}) {
    await rogue?.close();
    rogue = await startRogueMysql(script);
    return target({ port: rogue.port, ...connection }, password);
  }

  afterEach(async () => {
    expect(rogue?.receivedInClear.includes(password) ?? false).toBe(false);
    await rogue?.close();
    rogue = await startRogueMysql(fakeMysql());
    const healthy = await mysql.probe(target({ port: rogue.port }), new AbortController().signal);
    expect(healthy.failure).toBeNull();
    await rogue.close();
    rogue = undefined;
  });

  return {
    get received() {
      return rogue?.received ?? Buffer.alloc(0);
    },
    async probe(script, connection) {
      const to = await start(script, connection);
      const connector = createMysqlConnector({ deadlines });
      return bounded(() => connector.probe(to, new AbortController().signal));
    },
    async read(script, options = {}) {
      const to = await start(script);
      const connector = createMysqlConnector({
        deadlines: { ...deadlines, readStatementMs: options.readStatementMs ?? 5_000 },
        limits: { ...defaultLimits, ...options.limits },
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
    target,
  };
}

/** The step a probe ended with, and why. */
export function outcome({ failure, steps }: ProbeReport): [string | undefined, string | null] {
  return [steps.at(-1)?.step, failure];
}

async function bounded<T>(work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  let peakBytes = 0;
  const sampler = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  }, 10);
  try {
    return await work();
  } finally {
    clearInterval(sampler);
    expect(performance.now() - startedAt).toBeLessThan(maxMs);
    expect(peakBytes).toBeLessThan(maxBytes);
  }
}
