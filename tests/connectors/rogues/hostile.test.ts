import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDataSource } from '../../../server/features/data-sources/create-data-source.ts';
import { type Dialect, dialects } from '../../../shared/dialects.ts';
import { inheritedEnv } from '../../../shared/env.ts';
import { useDatabase } from '../../support/database.ts';
import { run, type Running } from '../../support/processes/processes.ts';
import { eventually, useInstallation } from '../../support/worker.ts';
import type { Ending, Hostile, HostileServer, HostileWire } from './hostile-case.ts';
import { httpWires } from './http-wires.ts';
import { opensslMissing } from './identities.ts';
import { mysqlWire } from './mysql-wire.ts';
import { peakMemory } from './peak-memory.ts';
import { postgresWires } from './postgres-wires.ts';
import { tdsWire } from './tds-wire.ts';
import { tnsWire } from './tns-wire.ts';

// D2 of the security programme: every wire, every hostile case, one worker for the lot.

const wires: readonly HostileWire[] = [...postgresWires, mysqlWire, tdsWire, tnsWire, ...httpWires];

/** Dialects that are not tried here, and why. */
const others: { readonly [D in Dialect]?: string } = {
  SUPABASE: 'the connector of POSTGRES',
  PLANETSCALE: 'the connector of MYSQL, which is tried with TLS that is left out',
  DUCKDB: 'no wire: hostile files are in tests/connectors/duckdb',
};

interface Trial {
  readonly name: string;
  readonly wire: HostileWire;
  readonly hostile: Hostile;
}

const trials: Trial[] = wires.flatMap((wire) =>
  Object.entries({ ...wire.rows, ...wire.more }).flatMap(([what, row]) =>
    'start' in row ? [{ name: `${wire.dialect}: one that ${what}`, wire, hostile: row }] : [],
  ),
);

interface Outcome {
  readonly server: HostileServer;
  readonly check: string | null;
  readonly sync: string | null;
  readonly tables: readonly string[];
}

const outcomes = new Map<Trial, Outcome>();
/** Of the worker, while it was tried. */
const memory = new Map<Trial, { readonly grown: number; readonly peak: number }>();
const database = useDatabase();
const installation = useInstallation(database);
const MiB = 1024 * 1024;
let worker: Running;

/** Has data sources made of servers, and waits until each has been checked and synced. */
async function tryAll(some: readonly Trial[]): Promise<void> {
  const started: { trial: Trial; server: HostileServer; id: string }[] = [];
  for (const trial of some) {
    const server = await trial.hostile.start();
    started.push({ trial, server, id: await createSource(trial, server.port) });
  }
  const ids = started.map(({ id }) => id);
  const rows = await eventually(() => endings(ids), 60_000);
  for (const { trial, server, id } of started) {
    const row = rows.find((found) => found.id === id);
    if (row) outcomes.set(trial, { server, ...row });
    await server.close();
  }
}

async function createSource({ name, wire, hostile }: Trial, port: number): Promise<string> {
  const { id } = await createDataSource(installation.api, {
    ...{ orgId: installation.organizationId, type: 'direct', displayName: name.slice(0, 60) },
    ...{ dialect: wire.dialect, databaseName: null, sslEnabled: false, sshEnabled: false },
    ...given({ ...wire.connection, ...hostile.connection, port }),
    ...wire.secrets,
  });
  return id;
}

/** What the API takes: fields that are given. */
function given(connection: HostileWire['connection']): object {
  return Object.fromEntries(Object.entries(connection).filter(([, value]) => value !== null));
}

interface Row extends Omit<Outcome, 'server'> {
  readonly id: string;
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

describe.skipIf(opensslMissing !== null)(`servers that mean ill ${opensslMissing ?? ''}`, () => {
  beforeAll(async () => {
    worker = run(new URL('hostile-worker.ts', import.meta.url), {
      ...inheritedEnv(),
      ...installation.workerEnv,
      WORKER_CONCURRENCY: '16',
      // As `npm run workers` starts it.
      NODE_OPTIONS: '--max-semi-space-size=4',
    });
    await eventually(() => Promise.resolve(worker.output.includes('working')), 30_000);
    // A failure that may pass is the answer here, and not tried again.
    await database.pool.query('update pgboss.queue set retry_limit = 0');
    const isHeavy = ({ hostile }: Trial): boolean => hostile.isHeavy ?? false;
    // One at a time, a check and a sync: the bound on memory is meant for each.
    for (const trial of trials.filter(isHeavy)) {
      memory.set(trial, await peakMemory(worker.pid, () => tryAll([trial])));
    }
    await tryAll(trials.filter((trial) => !isHeavy(trial)));
  }, 240_000);
  afterAll(() => worker.end());

  describe.each(trials)('$name', (trial) => {
    const { hostile, wire } = trial;
    const { check, sync = check, isToldSecret, names } = hostile;
    const outcome = (): Outcome => {
      const found = outcomes.get(trial);
      if (!found) throw new Error('Nothing came of it');
      return found;
    };

    test('ends as it should', () => {
      expect(codes(check)).toContain(outcome().check);
      expect(codes(sync)).toContain(outcome().sync);
      expect(outcome().server.elsewhere?.connections ?? 0).toBe(0);
      if (names) expect([...outcome().tables].sort()).toEqual([...names].sort());
    });
    if (isToldSecret !== undefined) {
      test(isToldSecret ? 'is told the secret' : 'is told nothing secret', () => {
        const { received } = outcome().server;
        expect(wire.forms.some((form) => received.includes(form))).toBe(isToldSecret);
      });
    }
  });

  test('the worker is the one that began, and no flood made it grow by 512 MB', () => {
    expect(worker.isRunning).toBe(true);
    expect(memory.size).toBeGreaterThan(wires.length);
    for (const [{ name }, { grown, peak }] of memory) {
      expect(grown, name).toBeLessThan(512 * MiB);
      // Nor do they add up: what one took, the next one uses.
      expect(peak, name).toBeLessThan(1_024 * MiB);
    }
  });
});

const codes = (ending: Ending): readonly (string | null)[] =>
  typeof ending === 'string' || ending === null ? [ending] : ending;

test('every dialect is tried, or it is said why not; what is proven elsewhere is', () => {
  const named = [...wires.map(({ dialect }) => dialect), ...Object.keys(others)];
  expect(named.sort()).toEqual([...dialects].sort());
  const elsewhere = wires.flatMap(({ rows }) =>
    Object.values(rows).flatMap((row) => ('provenIn' in row ? [row.provenIn] : [])),
  );
  const root = new URL('../../../', import.meta.url);
  expect(elsewhere.filter((file) => !existsSync(new URL(file, root)))).toEqual([]);
});
