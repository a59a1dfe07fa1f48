import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createDuckdbConnector } from '../../../workers/connectors/duckdb/connector.ts';
import {
  defaultDeadlines,
  defaultReaderLimits,
} from '../../../workers/connectors/duckdb/settings.ts';
import { configuration } from '../../../workers/connectors/duckdb/reader/open-database.ts';
import { defaultCatalogLimits } from '../../../workers/connectors/limits.ts';
import { connectionTarget } from '../../support/connection-target.ts';
import { writeDuckdb } from '../../support/sources/duckdb-file.ts';
import { inheritedEnv } from '../../../server/launcher/children/inherited-env.ts';
import { freezeReaders } from './duckdb-frozen.ts';
import { readers } from './duckdb-readers.ts';

const never = new AbortController().signal;
const root = mkdtempSync(path.join(tmpdir(), 'duckdb-'));
const file = path.join(root, 'shop.duckdb');
const target = connectionTarget({ dialect: 'DUCKDB', databaseName: 'shop.duckdb' });
const frozen = freezeReaders(root);
type Settings = Parameters<typeof createDuckdbConnector>[0];
const connectorWith = (settings: Partial<Settings>) => createDuckdbConnector({ root, ...settings });
const read = (settings: Partial<Settings>) =>
  Array.fromAsync(connectorWith(settings).readCatalog(target, never));

/** What a reader says, but for the table. */
const noTable = JSON.stringify(
  ['{"is":"opened"}', '{"is":"answered","version":"1"}', '{"is":"table","table":{}}', ''].join(
    '\n',
  ),
);

/** Runs a script in the reader before the reader's own code. */
function preload(name: string, script: string): string[] {
  const to = path.join(root, `${name}.mjs`);
  writeFileSync(to, script);
  return [`--import=${pathToFileURL(to).href}`];
}

beforeAll(() => writeDuckdb(file, 'create table t (id integer); create view v as select * from t'));
afterEach(() => vi.unstubAllEnvs());
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a reader', () => {
  test('has no environment and no folder of its own', async () => {
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'canary');
    vi.stubEnv('HOME', root);
    const nodeOptions = preload(
      'environment',
      // What a shell sets for itself and its child.
      `const own = new Set(['PWD', 'OLDPWD', 'SHLVL', '_']);
       const foreign = Object.keys(process.env).filter((name) => !own.has(name));
       if (foreign.length > 0 || process.cwd() !== '/') process.exit(9);`,
    );
    expect((await connectorWith({ nodeOptions }).probe(target, never)).failure).toBeNull();
  });

  test('can write no file at all', async () => {
    const victim = path.join(root, 'victim');
    const report = await connectorWith({
      nodeOptions: preload(
        'write',
        `import { writeFileSync } from 'node:fs';
         process.on('SIGXFSZ', () => undefined);
         try { writeFileSync(${JSON.stringify(victim)}, 'written'); } catch { /* EFBIG */ }`,
      ),
    }).probe(target, never);
    expect(report.failure).toBeNull();
    expect(readFileSync(victim, 'utf8')).toBe('');
  });

  test('that hangs is killed at its deadline', async () => {
    const unfreeze = frozen.freeze();
    try {
      const settings = {
        nodeOptions: frozen.nodeOptions,
        deadlines: { ...defaultDeadlines, openMs: 500 },
      };
      const report = await connectorWith(settings).probe(target, never);
      expect(report.steps).toMatchObject([{ step: 'open', failure: 'TIMEOUT' }]);
      await expect(read(settings)).rejects.toThrow('TIMEOUT');
      expect(readers()).toEqual([]);
    } finally {
      await unfreeze();
    }
  });

  test.each([
    ['crashes', `process.kill(process.pid, 'SIGSEGV');`],
    ['stops', 'process.exit(0);'],
    ['says what is no table', `process.stdout.write(${noTable});`],
    ['speaks out of turn', `process.stdout.write('{"is":"end"}\\n');`],
    ['says nonsense', `process.stdout.write('\\0\\xff nonsense\\n');`],
  ])('that %s fails the read and nothing else', async (name, script) => {
    const nodeOptions = preload(name.replaceAll(' ', '-'), script);
    await expect(read({ nodeOptions })).rejects.toThrow('FILE_READER_FAILED');
    expect((await connectorWith({}).probe(target, never)).failure).toBeNull();
  });

  test('that says too much is stopped', async () => {
    const nodeOptions = preload(
      'endless',
      `import { writeSync } from 'node:fs';
       const line = Buffer.alloc(65_536, 0x20);
       for (;;) try { writeSync(1, line); } catch { break; }`,
    );
    const limits = { ...defaultCatalogLimits, maxTableBytes: 1_000_000 };
    await expect(read({ nodeOptions, limits })).rejects.toThrow('LIMIT_EXCEEDED');
    expect(readers()).toEqual([]);
  });

  test('runs out of memory alone', async () => {
    const reader = { ...defaultReaderLimits, processMemoryMiB: 100 };
    await expect(read({ reader })).rejects.toThrow('FILE_READER_FAILED');
    expect((await connectorWith({}).probe(target, never)).failure).toBeNull();
  });

  test('without the driver says so, and the worker names the package', async () => {
    const warning = once(process, 'warning');
    const nodeOptions = preload(
      'without-driver',
      `import { registerHooks } from 'node:module';
       registerHooks({ resolve(name, context, next) {
         if (name === '@duckdb/node-api') throw new Error('Cannot find package');
         return next(name, context);
       } });`,
    );
    await expect(read({ nodeOptions })).rejects.toThrow('DRIVER_MISSING');
    expect(String(await warning)).toContain('@duckdb/node-api');
  });

  test('does not outlive a worker that was killed', async () => {
    // Nothing else ends it: it has more to do than to write, which would fail.
    const busy = preload('busy', 'setInterval(() => undefined, 1_000);');
    const script = path.join(root, 'worker.mjs');
    const here = (to: string): string => JSON.stringify(new URL(to, import.meta.url).href);
    writeFileSync(
      script,
      `import { createDuckdbConnector } from ${here('../../../workers/connectors/duckdb/connector.ts')};
       import { connectionTarget } from ${here('../../support/connection-target.ts')};
       import { readers } from ${here('./duckdb-readers.ts')};
       const nodeOptions = ${JSON.stringify(busy)};
       const connector = createDuckdbConnector({ root: ${JSON.stringify(root)}, nodeOptions });
       const target = connectionTarget({ dialect: 'DUCKDB', databaseName: 'shop.duckdb' });
       const reading = connector.readCatalog(target, new AbortController().signal);
       await reading[Symbol.asyncIterator]().next();
       console.log(readers()[0]);
       setInterval(() => reading, 1_000);`,
    );
    const worker = spawn(process.execPath, [script], {
      env: inheritedEnv(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said] = await once(worker.stdout, 'data');
    const pid = Number(String(said));
    expect(pid).toBeGreaterThan(0);
    worker.kill('SIGKILL');
    await once(worker, 'exit');
    await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 5_000 }).toBe(false);
  });
});

describe('limits of a catalog are refused and never cut:', () => {
  const limited = (limits: Partial<typeof defaultCatalogLimits>) =>
    read({ limits: { ...defaultCatalogLimits, ...limits } });

  test.each([
    ['tables', { maxTables: 1 }],
    ['columns', { maxColumns: 1 }],
    ['bytes', { maxBytes: 100 }],
    ['parts of a table', { maxPartsPerTable: 0 }],
    ['characters of a table', { maxTableBytes: 10 }],
  ])('%s', async (_what, limits) => {
    await expect(limited(limits)).rejects.toThrow('LIMIT_EXCEEDED');
  });
});

describe('the engine that reads a file is locked:', () => {
  const outside = path.join(root, 'outside.csv');
  let connection: DuckDBConnection;
  beforeAll(async () => {
    writeFileSync(outside, 'canary\n1\n');
    connection = await (await DuckDBInstance.create(file, { ...configuration })).connect();
  });
  const noFiles = /file system operations are disabled by configuration/;
  const locked = /the configuration has been locked/;

  test.each([
    ['reads no other file', `select * from read_csv('${outside}')`, noFiles],
    ['lists no folder', `select * from glob('${root}/*')`, noFiles],
    ['attaches nothing', `attach '${root}/other.duckdb'`, noFiles],
    ['copies nothing out', `copy (select 1) to '${root}/copy.csv'`, noFiles],
    ['exports nothing', `export database '${root}/export'`, noFiles],
    ['installs nothing', 'install httpfs', noFiles],
    ['loads nothing', 'load httpfs', /Loading external extensions is disabled/],
    ['writes nothing', 'create table written (id integer)', /attached in read-only mode/],
    ['keeps its settings', 'set threads = 4', locked],
    ['does not open itself again', 'set enable_external_access = true', locked],
    ['does not unlock itself', 'set lock_configuration = false', locked],
  ])('%s', async (_what, statement, refusal) => {
    await expect(connection.run(statement)).rejects.toThrow(refusal);
  });
});
