import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDataSource } from '../../server/features/data-sources/create-data-source.ts';
import { readEnv } from '../../shared/env.ts';
import { createLogger } from '../../shared/logger.ts';
import { startWorker } from '../../workers/worker.ts';
import { useDatabase } from '../support/database.ts';
import { writeDuckdb } from '../support/sources/duckdb-file.ts';
import { firstRunEnded, settled, sourceRow, useInstallation } from '../support/worker.ts';

const database = useDatabase();
const installation = useInstallation(database);
const root = mkdtempSync(path.join(tmpdir(), 'duckdb-'));

const folder = path.join(root, 'org_somebody_else');

const write = (...parts: string[]) =>
  writeDuckdb(path.join(root, ...parts), 'create table customer (id integer)');

beforeAll(async () => {
  mkdirSync(folder);
  mkdirSync(path.join(root, installation.organizationId));
  await write(installation.organizationId, 'shop.duckdb');
  await write('org_somebody_else', 'theirs.duckdb');
  await write('shared.duckdb');
  // Only an operator can make one; it leads out of the folder all the same.
  symlinkSync(
    path.join(folder, 'theirs.duckdb'),
    path.join(root, installation.organizationId, 'link.duckdb'),
  );
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("a file in the organization's folder is synced and healthy; without one it says why not", async () => {
  const create = async (databaseName = 'shop.duckdb'): Promise<string> => {
    const shop = { type: 'direct', dialect: 'DUCKDB', displayName: 'Shop' } as const;
    const fields = { databaseName, sslEnabled: true, sshEnabled: false };
    const { id } = await createDataSource(
      installation.api,
      { ...shop, ...fields, orgId: installation.organizationId },
      { isDemo: false },
    );
    return id;
  };
  const worker = async (more: Record<string, string>) =>
    startWorker(
      readEnv('worker', { ...installation.workerEnv, ...more }),
      createLogger('silent', 'worker'),
      new AbortController().signal,
      { pollSeconds: 0.5 },
    );
  const allowed = await worker({ DUCKDB_ROOT: root });
  try {
    const id = await create();
    expect(await firstRunEnded(database, id)).toMatchObject({ status: 'SUCCESS', tables: 1 });
    await settled(database, id);
    expect(await sourceRow(database, id)).toMatchObject({ last_health_status: 'HEALTHY' });
    const others = {
      'shared.duckdb': 'FILE_NOT_FOUND',
      'theirs.duckdb': 'FILE_NOT_FOUND',
      'org_somebody_else/theirs.duckdb': 'FILE_NOT_FOUND',
      'link.duckdb': 'FILE_NOT_ALLOWED',
    };
    const ended = Object.keys(others).map(async (name) => {
      const { failure } = await firstRunEnded(database, await create(name));
      return [name, failure];
    });
    expect(Object.fromEntries(await Promise.all(ended))).toEqual(others);
  } finally {
    await allowed.stop();
  }
  const closed = await worker({});
  try {
    const id = await create();
    const run = await firstRunEnded(database, id);
    expect(run).toMatchObject({ status: 'FAILED', failure: 'FILES_NOT_CONFIGURED' });
    await settled(database, id);
    expect(await sourceRow(database, id)).toMatchObject({ last_health_status: 'UNHEALTHY' });
  } finally {
    await closed.stop();
  }
}, 120_000);

test('DUCKDB_ROOT has to be an absolute path', () => {
  const env = { ...installation.workerEnv, DUCKDB_ROOT: 'files' };
  expect(() => readEnv('worker', env)).toThrow('DUCKDB_ROOT cannot be used: must be an absolute');
});
