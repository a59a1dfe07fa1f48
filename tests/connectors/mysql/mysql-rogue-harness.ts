import { expect } from 'vitest';
import type { Connection } from '../../../shared/connection.ts';
import type { ConnectionTarget } from '../../../workers/connectors/connector.ts';
import { createMysqlConnector, mysql } from '../../../workers/connectors/mysql/connector.ts';
import {
  defaultDeadlines,
  defaultLimits,
  type MysqlLimits,
} from '../../../workers/connectors/mysql/limits.ts';
import { connectionTarget } from '../../support/connection-target.ts';
import { startRogueMysql } from '../../support/servers/rogue-mysql.ts';
import type { RogueServer } from '../../support/servers/rogue-server.ts';
import { type RogueRun, type Rogues, type RogueWire, useRogues } from '../rogues/use-rogues.ts';
import { fakeMysql, type Script } from './mysql-rogues.ts';

export { outcome } from '../rogues/use-rogues.ts';

export const password = 'canary-5f2d8c-password';
// Each wait short, so that a whole file takes seconds; the product's own are in limits.ts.
const deadlineMs = 400;
const deadlines = {
  ...defaultDeadlines,
  ...{ resolveMs: deadlineMs, connectMs: deadlineMs, tlsMs: deadlineMs, signInMs: deadlineMs },
  ...{ probeStatementMs: deadlineMs, closeMs: 500 },
};

interface Run extends RogueRun {
  readonly limits?: Partial<MysqlLimits>;
  /** Default: long enough for limits to be reached first, on a busy machine too. */
  readonly readStatementMs?: number;
}

export const targetOf = (connection: Partial<Connection>, own?: string): ConnectionTarget =>
  connectionTarget(
    { dialect: 'MYSQL', host: '127.0.0.1', username: 'somebody', ...connection },
    own,
  );

const wire: RogueWire<Script, Run, RogueServer> = {
  maxMs: 8_000,
  start: startRogueMysql,
  target: ({ port }, connection) => targetOf({ port, ...connection }, password),
  connector: ({ limits, readStatementMs = 5_000 }) =>
    createMysqlConnector({
      deadlines: { ...deadlines, readStatementMs },
      limits: { ...defaultLimits, ...limits },
    }),
  async probeHealthy() {
    const { port, close } = await startRogueMysql(fakeMysql());
    const report = await mysql.probe(targetOf({ port }), new AbortController().signal);
    await close();
    return report;
  },
  check: ({ receivedInClear }) => expect(receivedInClear.includes(password)).toBe(false),
};

/** Rogues of MySQL's wire, to none of which a password goes in the clear. */
export const useMysqlRogues = (): Rogues<Script, Run, RogueServer> => useRogues(wire, {});
