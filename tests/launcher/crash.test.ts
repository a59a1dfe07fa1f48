import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { readJson } from '../../server/launcher/json-file.ts';
import { waitUntil } from '../../server/launcher/postgres/wait-until.ts';
import { processesOf } from '../../server/launcher/postgres/processes.ts';
import { ask, clusterOf, kill, spawnLauncher, start, useDataFolder } from './launcher.ts';

describe('after a launcher was killed', () => {
  it('its PostgreSQL is stopped, and a new start has the data within seconds', async () => {
    const dataDir = await useDataFolder();
    const { launcher, said } = await spawnLauncher(dataDir);
    if (!('url' in said)) throw new Error(said.error);
    await ask(said.url, 'create table kept as select 42 as answer');
    await kill(launcher);
    const cluster = await clusterOf(dataDir);
    expect(await processesOf(cluster), 'it outlives').toContain(said.pid);
    const shell = spawn('/bin/sleep', ['60'], { cwd: cluster });
    onTestFinished(() => void shell.kill());

    const before = performance.now();
    const { url, pid } = await start(dataDir);
    // Below the 8 s after which what is left of the old one would be killed.
    expect(performance.now() - before).toBeLessThan(7_500);
    expect(pid).not.toBe(said.pid);
    expect(await ask(url, 'select answer from kept')).toBe('42');
    expect(shell.signalCode, 'who only stands in the folder is left alone').toBeNull();
  });

  it('with its PostgreSQL, a new start has the data all the same', async () => {
    const dataDir = await useDataFolder();
    const { launcher, said } = await spawnLauncher(dataDir);
    if (!('url' in said)) throw new Error(said.error);
    await ask(said.url, 'create table kept as select 42 as answer');
    const busy = ask(said.url, 'select count(*) from generate_series(1, 1e12)').catch(() => 'cut');
    const isBusy = `select count(*) from pg_stat_activity where query like '%1e12%' and state = 'active'`;
    const { url: observed } = said;
    await waitUntil(async () => (await ask(observed, isBusy)) === '2', { timeoutMs: 5_000 });
    await kill(launcher);
    // A busy backend does not notice that its postmaster is gone.
    process.kill(said.pid, 'SIGKILL');
    const { url } = await start(dataDir);
    expect(await ask(url, 'select answer from kept')).toBe('42');
    expect(await busy).toBe('cut');
  });

  it('and its pid went to another program, PostgreSQL starts and that program lives on', async () => {
    const dataDir = await useDataFolder();
    const { stop } = await start(dataDir);
    await stop();
    // PostgreSQL minds only processes that it could signal: one of the same user.
    const bystander = (await start(await useDataFolder())).pid;
    await writeFile(
      path.join(await clusterOf(dataDir), 'postmaster.pid'),
      `${bystander}\n${await clusterOf(dataDir)}\n1\n1\n\n127.0.0.1\n0 0\nready\n`,
    );
    expect(await ask((await start(dataDir)).url, 'select 1')).toBe('1');
    expect(process.kill(bystander, 0)).toBe(true);
  });
});

describe('after a first start that died half way', () => {
  it.each([50, 200, 400, 600])('(%i ms in) the next one makes the cluster', async (ms) => {
    const dataDir = await useDataFolder();
    const dying = spawnLauncher(dataDir);
    await killHolderAfter(ms, dataDir);
    // Its last word, or the end of its output, comes before its lock has gone.
    await kill((await dying).launcher);
    const { url } = await start(dataDir);
    expect(await ask(url, 'select 1')).toBe('1');
    const left = (await readdir(path.dirname(await clusterOf(dataDir)))).filter((name) =>
      name.includes('initdb'),
    );
    expect(left).toEqual([]);
  });

  it('a folder that is no cluster is set aside, not deleted', async () => {
    const dataDir = await useDataFolder();
    await start(dataDir).then(({ stop }) => stop());
    const cluster = await clusterOf(dataDir);
    await rm(path.join(cluster, 'PG_VERSION'));
    await writeFile(path.join(cluster, 'mine.txt'), 'precious');
    expect(await ask((await start(dataDir)).url, 'select 1')).toBe('1');
    const aside = (await readdir(dataDir)).find((name) => name.startsWith('postgres.unfinished-'));
    expect(await readFile(path.join(dataDir, aside ?? '', 'mine.txt'), 'utf8')).toBe('precious');
  });

  it('an empty folder in the cluster’s place is no obstacle', async () => {
    const dataDir = await useDataFolder();
    await mkdir(path.join(dataDir, 'postgres'), { recursive: true, mode: 0o700 });
    const { url } = await start(dataDir);
    expect(await ask(url, 'select 1')).toBe('1');
  });
});

it('a cluster without its password file is refused with one sentence, and stays as it is', async () => {
  const dataDir = await useDataFolder();
  await start(dataDir).then(({ stop }) => stop());
  const file = path.join(dataDir, 'postgres.json');
  await rm(file);
  await expect(start(dataDir)).rejects.toThrow(
    `The password file ${file} of the embedded database is missing: restore it from a backup.`,
  );
  expect((await stat(path.join(await clusterOf(dataDir), 'PG_VERSION'))).isFile()).toBe(true);
});

/** Counted from the moment it has the folder: then it looks for a user, then it runs initdb. */
async function killHolderAfter(ms: number, dataDir: string): Promise<void> {
  let pid: number | undefined;
  const hasClaimed = async (): Promise<boolean> => {
    const holder = readJson(path.join(dataDir, 'holder.json'), z.object({ pid: z.number() }));
    pid = (await holder.catch(() => undefined))?.pid;
    return pid !== undefined;
  };
  await waitUntil(hasClaimed, { timeoutMs: 10_000, everyMs: 2 });
  await sleep(ms);
  if (pid) process.kill(pid, 'SIGKILL');
}
