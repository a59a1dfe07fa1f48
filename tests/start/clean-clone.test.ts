import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { freePort } from '../support/free-port.ts';
import { quickFolder } from '../support/folders/quick-folder.ts';

/*
 * The README's own command in a clean clone: below a folder that only its owner may enter, with a
 * PATH that holds no PostgreSQL, on what the repository holds and nothing else.
 */

const run = promisify(execFile);
const repository = path.resolve(import.meta.dirname, '../..');
const FirstRun = z.object({
  url: z.string(),
  owner: z.object({ email: z.string(), password: z.string() }),
  organizationId: z.string(),
  apiKey: z.string(),
});

let root = '';
let clone = '';
let product: ChildProcess | undefined;
let output = '';
let first: z.infer<typeof FirstRun>;

beforeAll(async () => {
  root = await mkdtemp(path.join(quickFolder({ runsPrograms: true }), 'basekeep-clone-'));
  await chmod(root, 0o700);
  clone = path.join(root, 'basekeep');
  await run('git', ['clone', '--quiet', '--no-hardlinks', repository, clone]);
  const command = /```sh\n(npm ci && npm start)/.exec(
    await readFile(path.join(clone, 'README.md'), 'utf8'),
  )?.[1];
  if (command === undefined) throw new Error('the README does not say how to start');
  const env = {
    PATH: await barePath(path.join(root, 'bin')),
    HOME: root,
    PORT: String(await freePort()),
    npm_config_prefer_offline: 'true',
    npm_config_cache: await npmCache(),
  };
  product = spawn('sh', ['-c', command], { cwd: clone, env, detached: true });
  for (const stream of [product.stdout, product.stderr]) {
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  await until(() => output.includes('Basekeep is running at'), 240_000);
  const file = await readFile(path.join(clone, '.data/first-run.json'), 'utf8');
  first = FirstRun.parse(JSON.parse(file));
}, 300_000);

afterAll(async () => {
  if (product?.pid !== undefined && product.exitCode === null)
    process.kill(-product.pid, 'SIGKILL');
  await rm(root, { recursive: true, force: true });
}, 60_000);

test('it prints the sign-in, the key and a curl line that works as printed', async () => {
  expect(output).toContain(first.owner.email);
  expect(output).toContain(first.owner.password);
  const line = /^ {2}(curl .*)$/m.exec(output)?.[1] ?? '';
  const { stdout } = await run('sh', ['-c', line]);
  expect(stdout).toContain('"displayName":"Demo shop"');
});

test('the file with the key is readable by its owner alone', async () => {
  const { mode } = await stat(path.join(clone, '.data/first-run.json'));
  expect(mode & 0o777).toBe(0o600);
});

test('the main job: organization, verify, data source, schema, health, rename, sync, delete', async () => {
  const demo = Source.parse((await curl('GET', sources())).data[0]);
  await until(async () => (await get(demo.id)).hasCompletedFirstSync, 20_000);
  const tables = await curl('GET', `${sources()}/${demo.id}/tables?limit=100`);
  expect(
    tables.data.map((table: unknown) => z.object({ name: z.string() }).parse(table).name),
  ).toEqual(
    expect.arrayContaining(['customer', 'order', 'order_item', 'product', 'revenue_by_country']),
  );

  const organization = Named.parse((await curl('POST', '/organizations', { name: 'Second' })).data);
  const own = sources(organization.id);
  const wrong = { dialect: 'POSTGRES', host: '127.0.0.1', port: 1, username: 'u', password: 'p' };
  expect(await curl('POST', `${own}/verify`, wrong)).toMatchObject({
    error: { title: 'ConnectionFailed', fieldErrors: { port: 'Incorrect port' } },
  });

  const body = { ...wrong, type: 'direct', displayName: 'Nobody there' };
  const created = Source.parse((await curl('POST', own, body)).data);
  await until(
    async () => (await get(created.id, organization.id)).lastSyncStatus === 'FAILED',
    20_000,
  );
  await until(
    async () => (await get(created.id, organization.id)).lastHealthStatus === 'UNHEALTHY',
    20_000,
  );
  const health = await curl('GET', `${own}/${created.id}/health`);
  expect(health).toMatchObject({
    data: { lastCheck: { failure: { code: 'CONNECTION_REFUSED' } } },
  });

  const renamed = await curl('PATCH', `${own}/${created.id}`, { displayName: 'Renamed' });
  expect(renamed).toMatchObject({ data: { displayName: 'Renamed' } });
  const sync = await curl('POST', `${own}/${created.id}/sync`);
  expect(sync).toMatchObject({ data: { status: 'PENDING', trigger: 'requested' } });
  expect(await curl('DELETE', `${own}/${created.id}`)).toMatchObject({ data: { deleted: true } });
  expect(await curl('GET', `${own}/${created.id}`)).toMatchObject({ error: { title: 'NotFound' } });
});

test('the API runs from the bundle that npm ci has made, which holds nothing that makes keys', async () => {
  const bundle = path.join(clone, 'node_modules/.cache/basekeep/bundle/api');
  const running = (await processesBelow(clone)).join('\n');
  expect(running).toContain(`${bundle}/run-api.cjs`);
  const files = await readdir(bundle);
  expect(files).toContain('main.cjs');
  const texts = await Promise.all(files.map((file) => readFile(path.join(bundle, file), 'utf8')));
  expect(texts.join('')).not.toContain('vault-private-key');
});

test('SIGTERM stops everything, PostgreSQL included, within 10 s', async () => {
  const child = product;
  if (child?.pid === undefined) throw new Error('the product does not run');
  const startedAt = performance.now();
  const ended = once(child, 'exit');
  process.kill(-child.pid, 'SIGTERM');
  await ended;
  await until(async () => (await processesBelow(clone)).length === 0, 10_000);
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});

test('the next start need not compile the API again', async () => {
  const caches = await readdir(path.join(clone, 'node_modules/.cache/basekeep'), {
    recursive: true,
  });
  expect(caches.map((file) => path.basename(file))).toContain('main.cjs.compiled');
});

test('code that is worked on runs from its sources, and from the bundle when it is as it was', async () => {
  const file = path.join(clone, 'server/app.ts');
  const before = await readFile(file, 'utf8');
  expect(await apiLocation()).toContain('/bundle/api/run-api.cjs');
  await appendFile(file, '// changed\n');
  expect(await apiLocation()).toBe(pathToFileURL(path.join(clone, 'server/main.ts')).href);
  await writeFile(file, before);
  expect(await apiLocation()).toContain('/bundle/api/run-api.cjs');
});

/** Where a start would load the API from. */
async function apiLocation(): Promise<string> {
  const script = `const { locate } = await import('./server/launcher/bundle/locate.ts');
    console.log((await locate()).at('server/main.ts').href);`;
  const { stdout } = await run('node', ['--input-type=module', '-e', script], { cwd: clone });
  return stdout.trim();
}

const Source = z.object({
  id: z.string(),
  hasCompletedFirstSync: z.boolean(),
  lastSyncStatus: z.string(),
  lastHealthStatus: z.string(),
});
const Named = z.object({ id: z.string() });
const Answer = z.looseObject({ data: z.any().optional() });

const sources = (organizationId = first.organizationId): string =>
  `/organizations/${organizationId}/data-sources`;

const get = async (id: string, organizationId?: string) =>
  Source.parse((await curl('GET', `${sources(organizationId)}/${id}`)).data);

async function curl(method: string, route: string, body?: object) {
  const { stdout } = await run('curl', [
    ...['--silent', '--request', method, '--header', `Authorization: Bearer ${first.apiKey}`],
    ...(body ? ['--header', 'Content-Type: application/json', '--data', JSON.stringify(body)] : []),
    `${first.url}/api/public${route}`,
  ]);
  return Answer.parse(JSON.parse(stdout));
}

/** Only what the README asks for (Node and npm) and the shell that npm itself uses. */
async function barePath(folder: string): Promise<string> {
  await mkdir(folder);
  for (const program of ['node', 'npm', 'sh']) {
    const { stdout } = await run('sh', ['-c', `command -v ${program}`], { env: systemEnv() });
    await symlink(await realpath(stdout.trim()), path.join(folder, program));
  }
  return folder;
}

/** Without `node_modules/.bin`, where npm scripts find the product's own Node. */
function systemEnv(): NodeJS.ProcessEnv {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  const isOurs = (folder: string) =>
    folder.includes('node_modules') || folder.includes('node-gyp-bin');
  return { ...process.env, PATH: folders.filter((folder) => !isOurs(folder)).join(path.delimiter) };
}

async function npmCache(): Promise<string> {
  const { stdout } = await run('npm', ['config', 'get', 'cache'], { env: systemEnv() });
  return stdout.trim();
}

async function processesBelow(folder: string): Promise<string[]> {
  const { stdout } = await run('ps', ['-eo', 'pid,args']);
  return stdout.split('\n').filter((line) => line.includes(`${folder}/`));
}

async function until(isTrue: () => boolean | Promise<boolean>, timeoutMs: number): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await isTrue())) {
    if (performance.now() > end)
      throw new Error(`not within ${timeoutMs} ms:\n${output.slice(-3_000)}`);
    await delay(100);
  }
}
