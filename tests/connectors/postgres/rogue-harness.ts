import { expect, inject } from 'vitest';
import type { ProbeReport } from '../../../workers/connectors/connector.ts';
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
import { type RoguePeer, startRoguePostgres } from '../../support/servers/rogue-postgres.ts';
import type { RogueServer } from '../../support/servers/rogue-server.ts';
import { type RogueRun, type Rogues, useRogues } from '../rogues/use-rogues.ts';

export { outcome } from '../rogues/use-rogues.ts';

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
const defaultLimits = { ...defaultWireLimits, ...defaultCatalogLimits };

interface Run extends RogueRun {
  readonly limits?: Partial<typeof defaultLimits>;
  readonly waitMs?: number;
}

/** Rogues of PostgreSQL's wire, to none of which a password goes in the clear. */
export function usePostgresRogues(
  dialect: 'POSTGRES' | 'REDSHIFT' = 'POSTGRES',
  create: typeof createPostgresConnector = createPostgresConnector,
): Rogues<Script, Run, RogueServer> {
  return useRogues<Script, Run, RogueServer>(
    {
      maxMs: 15_000,
      start: startRoguePostgres,
      target: ({ port }, connection) =>
        connectionTarget(
          { dialect, host: '127.0.0.1', port, username: 'somebody', ...connection },
          password,
        ),
      connector: ({ limits, waitMs = patienceMs }) =>
        create({ deadlines: deadlinesOf(waitMs), limits: { ...defaultLimits, ...limits } }),
      probeHealthy,
      check: ({ receivedInClear }) => expect(receivedInClear.includes(password)).toBe(false),
    },
    {},
  );
}

function probeHealthy(): Promise<ProbeReport> {
  const { hostname, port, username, password: own } = new URL(inject('postgresUrl'));
  const target = connectionTarget(
    { dialect: 'POSTGRES', host: hostname, port: Number(port), username, databaseName: 'postgres' },
    decodeURIComponent(own),
  );
  return postgres.probe(target, new AbortController().signal);
}
