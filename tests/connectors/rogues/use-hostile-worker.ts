import { afterAll } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { createDataSource } from '../../../server/features/data-sources/create-data-source.ts';
import { inheritedEnv } from '../../../server/launcher/children/inherited-env.ts';
import { useDatabase } from '../../support/database.ts';
import { run, type Running } from '../../support/processes/processes.ts';
import { eventually, useInstallation } from '../../support/worker.ts';
import type { Hostile, HostileServer, HostileWire } from './hostile-case.ts';

export interface Trial {
  readonly name: string;
  readonly wire: Pick<HostileWire, 'dialect' | 'connection' | 'secrets' | 'forms'>;
  readonly hostile: Hostile;
}

export interface Outcome {
  readonly server: HostileServer;
  readonly check: string | null;
  readonly sync: string | null;
  readonly tables: readonly string[];
}

interface Row extends Omit<Outcome, 'server'> {
  readonly id: string;
}

export interface HostileWorker {
  readonly pid: number;
  readonly isRunning: boolean;
  start(): Promise<void>;
  /** Has data sources made of servers, all at once, and waits until each has been checked and synced. */
  tryAll(trials: readonly Trial[]): Promise<ReadonlyMap<Trial, Outcome>>;
}

const shortWorker = new URL('hostile-worker.ts', import.meta.url);

/**
 * A worker with the options of `npm run workers` for the tests of one file; one whose waits are short
 * unless said otherwise.
 */
export function useHostileWorker({ script = shortWorker, concurrency = 16 } = {}): HostileWorker {
  const database = useDatabase();
  const installation = useInstallation(database);
  let worker: Running | undefined;
  const running = (): Running => {
    if (worker) return worker;
    throw new Error('The worker runs from start() on.');
  };
  afterAll(() => worker?.end());

  async function createSource({ name, wire, hostile }: Trial, port: number): Promise<string> {
    const { id } = await createDataSource(installation.api, {
      ...{ orgId: installation.organizationId, type: 'direct', displayName: name.slice(0, 60) },
      ...{ dialect: wire.dialect, databaseName: null, sslEnabled: false, sshEnabled: false },
      ...given({ ...wire.connection, ...hostile.connection, port }),
      ...wire.secrets,
    });
    return id;
  }

  async function endings(ids: readonly string[]): Promise<Row[] | null> {
    const { rows } = await database.pool.query<Row>(
      `select d.id, h.failure as check, r.failure as sync,
         array(select c.name from catalog_table c where c.data_source_id = d.id) as tables
       from data_source d
       join lateral (select failure from health_check h where h.data_source_id = d.id limit 1) h on true
       join sync_run r on r.data_source_id = d.id and r.status <> 'PENDING'
       where d.id = any($1)`,
      [ids],
    );
    return rows.length === ids.length ? rows : null;
  }

  return {
    get pid() {
      return running().pid;
    },
    get isRunning() {
      return running().isRunning;
    },
    async start() {
      const env = {
        ...{ ...inheritedEnv(), ...installation.workerEnv },
        ...{ WORKER_CONCURRENCY: String(concurrency), LOG_LEVEL: 'info' },
      };
      worker = run(script, env, nodeOptions());
      await eventually(() => Promise.resolve(running().output.includes('working')), 30_000);
      // A failure that may pass is the answer here, and not tried again.
      await database.pool.query('update pgboss.queue set retry_limit = 0');
    },
    async tryAll(trials) {
      const started: { trial: Trial; server: HostileServer; id: string }[] = [];
      for (const trial of trials) {
        const server = await trial.hostile.start();
        started.push({ trial, server, id: await createSource(trial, server.port) });
      }
      const ids = started.map(({ id }) => id);
      const rows = await eventually(() => endings(ids), 150_000);
      const outcomes = new Map<Trial, Outcome>();
      for (const { trial, server, id } of started) {
        const row = rows.find((found) => found.id === id);
        if (row) outcomes.set(trial, { server, ...row });
        await server.close();
      }
      return outcomes;
    },
  };
}

/** Those of `npm run workers`. */
function nodeOptions(): string[] {
  const options = packageJson.scripts.workers.match(/--[\w-]+=\d+/g) ?? [];
  if (options.length === 0) throw new Error('npm run workers has no options any more');
  return options;
}

/** What the API takes: fields that are given. */
function given(connection: HostileWire['connection']): object {
  return Object.fromEntries(Object.entries(connection).filter(([, value]) => value !== null));
}
