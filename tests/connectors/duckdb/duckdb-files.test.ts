import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ConnectionFailureCode,
  failureText,
} from '../../../shared/failures/connection-failures.ts';
import { createDuckdbConnector } from '../../../workers/connectors/duckdb/connector.ts';
import { locateFile } from '../../../workers/connectors/duckdb/reader/locate-file.ts';
import { connectionTarget } from '../../support/connection-target.ts';
import { queryDuckdb, writeDuckdb } from '../../support/sources/duckdb-file.ts';
import { overwriteHeader } from './duckdb-header.ts';

const never = new AbortController().signal;
const folder = mkdtempSync(path.join(tmpdir(), 'duckdb-'));
const root = path.join(folder, 'root');
const file = (name: string): string => path.join(root, name);
const good = file('good.duckdb');
const connector = createDuckdbConnector({ root });
const target = (databaseName: string) => connectionTarget({ dialect: 'DUCKDB', databaseName });
const probe = (name: string, by = connector) => by.probe(target(name), never);
const names = async (name: string): Promise<string[]> =>
  (await Array.fromAsync(connector.readCatalog(target(name), never))).map((table) => table.name);

/** Every entry of the folder with its bytes, to see that nothing was written. */
const contents = (): unknown =>
  readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => [entry.name, readFileSync(file(entry.name)).toString('base64')])
    .sort();

beforeAll(async () => {
  mkdirSync(path.join(root, 'sub'), { recursive: true });
  await writeDuckdb(good, 'create table t (id integer)');
  await writeDuckdb(path.join(folder, 'outside.duckdb'), 'create table outside (id integer)');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Refused before anything is opened, with a code that names the field. */
async function expectRefused(name: string, failure: ConnectionFailureCode): Promise<void> {
  const report = await probe(name);
  expect(report.failure).toBe(failure);
  expect(report.steps).toMatchObject([{ step: 'open', failure }]);
  expect(failureText(failure).fields).toHaveProperty('databaseName');
  await expect(names(name)).rejects.toThrow(failure);
}

describe('a name that leads elsewhere is refused:', () => {
  test.each([
    '../outside.duckdb',
    'sub/../../outside.duckdb',
    './good.duckdb',
    'sub//../good.duckdb',
    '/etc/passwd',
    `${folder}/outside.duckdb`,
    ':memory:',
    'md:shop',
    's3://bucket/shop.duckdb',
    'http://127.0.0.1/shop.duckdb',
    'file:good.duckdb',
    'C:good.duckdb',
    '..\\outside.duckdb',
    '~/shop.duckdb',
    '*.duckdb',
    'good.duckdb\0.csv',
    '',
  ])('%j', async (name) => {
    await expect(locateFile(root, name)).rejects.toThrow('FILE_NOT_ALLOWED');
  });

  test('by the whole connector', () => expectRefused('../outside.duckdb', 'FILE_NOT_ALLOWED'));

  test('a symbolic link out of the folder, itself or on the way', async () => {
    symlinkSync(path.join(folder, 'outside.duckdb'), file('link.duckdb'));
    symlinkSync(folder, file('up'));
    await expectRefused('link.duckdb', 'FILE_NOT_ALLOWED');
    await expectRefused('up/outside.duckdb', 'FILE_NOT_ALLOWED');
  });

  test('a folder whose name only begins like the root', async () => {
    mkdirSync(`${root}-other`);
    copyFileSync(good, path.join(`${root}-other`, 'a.duckdb'));
    symlinkSync(`${root}-other`, file('sibling'));
    await expectRefused('sibling/a.duckdb', 'FILE_NOT_ALLOWED');
  });

  test('a pipe, a device and a folder, without being opened', async () => {
    execFileSync('mkfifo', [file('pipe.duckdb')]);
    symlinkSync('/dev/zero', file('zero.duckdb'));
    execFileSync('mkfifo', [path.join(root, 'sub', 'target')]);
    symlinkSync(path.join(root, 'sub', 'target'), file('linked-pipe.duckdb'));
    await expectRefused('pipe.duckdb', 'FILE_NOT_ALLOWED');
    for (const name of ['linked-pipe.duckdb', 'zero.duckdb', 'sub']) {
      await expect(locateFile(root, name)).rejects.toThrow('FILE_NOT_ALLOWED');
    }
  });

  test('a log beside the file that is a link or a pipe', async () => {
    copyFileSync(good, file('linked-log.duckdb'));
    symlinkSync('/etc/passwd', file('linked-log.duckdb.wal'));
    copyFileSync(good, file('piped-log.duckdb'));
    execFileSync('mkfifo', [file('piped-log.duckdb.wal')]);
    await expectRefused('linked-log.duckdb', 'FILE_NOT_ALLOWED');
    await expect(locateFile(root, 'piped-log.duckdb')).rejects.toThrow('FILE_NOT_ALLOWED');
  });
});

test('a symbolic link within the folder is followed', async () => {
  symlinkSync(good, path.join(root, 'sub', 'inside.duckdb'));
  expect(await names('sub/inside.duckdb')).toEqual(['t']);
});

test.each([
  ['no root', null],
  ['a root that is not there', path.join(folder, 'no-such-folder')],
])('with %s no file is opened', async (_what, missing) => {
  const report = await probe('good.duckdb', createDuckdbConnector({ root: missing }));
  expect(report.steps).toMatchObject([{ step: 'open', failure: 'FILES_NOT_CONFIGURED' }]);
});

describe('a file that cannot be read as a database says why:', () => {
  test('no file, or a file taken for a folder', async () => {
    await expectRefused('no-such.duckdb', 'FILE_NOT_FOUND');
    for (const name of ['good.duckdb/shop.duckdb', `${'n'.repeat(300)}.duckdb`]) {
      await expect(locateFile(root, name)).rejects.toThrow('FILE_NOT_FOUND');
    }
  });

  test('other formats, which the engine would read by their endings', async () => {
    writeFileSync(file('list.csv'), 'canary\n1\n');
    writeFileSync(file('list.parquet'), `PAR1${'\0'.repeat(40)}PAR1`);
    writeFileSync(file('lite.duckdb'), `SQLite format 3\0${'\0'.repeat(200)}`);
    writeFileSync(file('empty.duckdb'), '');
    for (const name of ['list.csv', 'list.parquet', 'lite.duckdb', 'empty.duckdb']) {
      await expect(locateFile(root, name)).rejects.toThrow('FILE_CORRUPT');
    }
  });

  test('a cut or a damaged one', async () => {
    copyFileSync(good, file('cut.duckdb'));
    truncateSync(file('cut.duckdb'), 10_000);
    overwriteHeader(good, file('damaged.duckdb'), { version: 9_999n, isSummed: false });
    await expectRefused('cut.duckdb', 'FILE_CORRUPT');
    await expectRefused('damaged.duckdb', 'FILE_CORRUPT');
  });

  test('one of a newer storage version', async () => {
    overwriteHeader(good, file('newer.duckdb'), { version: 9_999n, isSummed: true });
    await expectRefused('newer.duckdb', 'FILE_VERSION_UNSUPPORTED');
  });

  test('an encrypted one', async () => {
    const attach = `set force_mbedtls_unsafe = true; attach '${file('encrypted.duckdb')}' as e (encryption_key 'canary')`;
    await writeDuckdb(file('other.duckdb'), `${attach}; create table e.t (id integer); detach e`);
    await expectRefused('encrypted.duckdb', 'FILE_ENCRYPTED');
  });

  test('one that another process is writing', async () => {
    const writer = spawn(process.execPath, ['-e', holdOpen(good)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(writer.stdout, 'data');
      await expectRefused('good.duckdb', 'FILE_LOCKED');
    } finally {
      writer.kill('SIGKILL');
      await once(writer, 'exit');
    }
    expect((await probe('good.duckdb')).failure).toBeNull();
  });
});

test('what a writer that died has left in its log is read, and the log is left as it is', async () => {
  const crashed = file('crashed.duckdb');
  await writeDuckdb(crashed, 'create table before (id integer)');
  const writer = spawn(process.execPath, ['-e', holdOpen(crashed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(writer.stdout, 'data');
  writer.kill('SIGKILL');
  await once(writer, 'exit');
  expect(readdirSync(root)).toContain('crashed.duckdb.wal');
  const before = contents();
  expect(await names('crashed.duckdb')).toEqual(['before', 'made']);
  expect(contents()).toEqual(before);
});

test('a file that is replaced during a read is read to its end', async () => {
  const replaced = file('replaced.duckdb');
  const tables = Array.from(
    { length: 5_000 },
    (_, n) => `create table t${n} (a integer, b integer);`,
  );
  await writeDuckdb(replaced, `begin; ${tables.join(' ')} commit;`);
  const reading = connector.readCatalog(target('replaced.duckdb'), never)[Symbol.asyncIterator]();
  await reading.next();
  renameSync(good, replaced);
  copyFileSync(replaced, good);
  let read = 1;
  while (!(await reading.next()).done) read += 1;
  expect(read).toBe(5_000);
  expect(await names('replaced.duckdb')).toEqual(['t']);
});

test('what a view reads is never read, and its text is never told', async () => {
  const secret = path.join(folder, 'secret.csv');
  writeFileSync(secret, 'first_column\n1\n');
  await writeDuckdb(file('spy.duckdb'), `create view spy as select * from read_csv('${secret}')`);
  writeFileSync(secret, 'canary_column\n1\n');
  const tables = await Array.fromAsync(connector.readCatalog(target('spy.duckdb'), never));
  // What the file itself has kept of the view, from when it was made.
  expect(tables[0]?.columns.map(({ name }) => name)).toEqual(['first_column']);
  expect(JSON.stringify(tables)).not.toMatch(/canary|read_csv|secret/);
  // It would be there for whoever asks, were it not for the reader.
  expect(await queryDuckdb(file('spy.duckdb'), 'select * from spy')).toEqual([['1']]);
});

/** A writer that has made a table, says so, and keeps the file open. */
function holdOpen(database: string): string {
  return `import('@duckdb/node-api').then(async ({ DuckDBInstance }) => {
    const connection = await (await DuckDBInstance.create(${JSON.stringify(database)})).connect();
    await connection.run('create table if not exists made (id integer)');
    process.stdout.write('open');
    setInterval(() => connection, 1_000);
  });`;
}
