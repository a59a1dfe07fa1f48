import { afterEach, expect, inject } from 'vitest';
import type { CatalogTable } from '../../../shared/catalog.ts';
import type { ConnectionFailureCode } from '../../../shared/connection-failures.ts';
import type { Connection } from '../../../shared/connection.ts';
import { ConnectionFailure, type ProbeReport } from '../../../workers/connectors/connector.ts';
import {
  createPostgresConnector,
  postgres,
} from '../../../workers/connectors/postgres/connector.ts';
import {
  defaultCatalogLimits,
  defaultDeadlines,
  defaultWireLimits,
} from '../../../workers/connectors/postgres/limits.ts';
import { connectionTarget } from '../../support/connection-target.ts';
import {
  type RoguePeer,
  type RogueServer,
  startRoguePostgres,
} from '../../support/servers/rogue-postgres.ts';

export type Script = (peer: RoguePeer) => Promise<void>;

export const password = 'canary-5f2d8c-password';
/** Of tests in which a deadline has to pass; the product's own are in limits.ts. */
export const deadlineMs = 400;
// Of all others: long enough for a busy machine, short enough for the whole test's limit.
const patienceMs = 5_000;
const deadlinesOf = (waitMs: number) => ({
  ...defaultDeadlines,
  ...{ resolveMs: waitMs, connectMs: waitMs, tlsMs: waitMs, signInMs: waitMs },
  ...{ probeStatementMs: waitMs, readStatementMs: waitMs, closeMs: 200 },
});
const limits = { ...defaultWireLimits, ...defaultCatalogLimits };
// D2 of security.md allows 60 s; what takes longer than this waits for something it should not.
const maxMs = 15_000;
const maxBytes = 512 * 1024 * 1024;

/** The rogues of one test, one after the other. */
export interface Rogues {
  /** Everything that was sent to the last one, decrypted. */
  readonly received: Buffer;
  probe(script: Script, connection?: Partial<Connection>, waitMs?: number): Promise<ProbeReport>;
  /** The rogue's catalog, or the code that reading it failed with. */
  read(script: Script, options?: ReadOptions): Promise<CatalogTable[] | ConnectionFailureCode>;
}

interface ReadOptions {
  readonly limits?: Partial<typeof limits>;
  readonly waitMs?: number;
}

/**
 * Runs every rogue within its deadlines and a bounded memory, and holds after each test that no
 * password went out in the clear and that the next probe of a healthy server succeeds.
 */
export function useRogues(
  dialect: 'POSTGRES' | 'REDSHIFT' = 'POSTGRES',
  create: typeof createPostgresConnector = createPostgresConnector,
): Rogues {
  let rogue: RogueServer | undefined;

  async function start(script: Script, connection: Partial<Connection> = {}) {
    await rogue?.close();
    rogue = await startRoguePostgres(script);
    const fields = { host: '127.0.0.1', port: rogue.port, username: 'somebody' };
    return connectionTarget({ dialect, ...fields, ...connection }, password);
  }

  afterEach(async () => {
    expect(rogue?.receivedInClear.includes(password) ?? false).toBe(false);
    await rogue?.close();
    rogue = undefined;
    expect((await probeHealthy()).failure).toBeNull();
  });

  return {
    get received() {
      return rogue?.received ?? Buffer.alloc(0);
    },
    async probe(script, connection, waitMs = patienceMs) {
      const target = await start(script, connection);
      const connector = create({ deadlines: deadlinesOf(waitMs) });
      return bounded(() => connector.probe(target, new AbortController().signal));
    },
    async read(script, options = {}) {
      const target = await start(script);
      const connector = create({
        deadlines: deadlinesOf(options.waitMs ?? patienceMs),
        limits: { ...limits, ...options.limits },
      });
      return bounded(async () => {
        try {
          return await Array.fromAsync(connector.readCatalog(target, new AbortController().signal));
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

function probeHealthy(): Promise<ProbeReport> {
  const { hostname, port, username, password: own } = new URL(inject('postgresUrl'));
  const target = connectionTarget(
    { dialect: 'POSTGRES', host: hostname, port: Number(port), username, databaseName: 'postgres' },
    decodeURIComponent(own),
  );
  return postgres.probe(target, new AbortController().signal);
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
