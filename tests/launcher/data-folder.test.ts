import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  claimDataFolder,
  readJson,
  writeJsonAtomically,
} from '../../server/launcher/data-folder.ts';
import { kill, spawnLauncher, start, useDataFolder } from './launcher.ts';

describe('a claimed data folder', () => {
  it('is refused to a second claim with one sentence naming the folder and the process', async () => {
    const dataDir = await useDataFolder();
    const { release } = await claimDataFolder(dataDir);
    await expect(claimDataFolder(dataDir)).rejects.toThrow(
      `The data folder ${dataDir} is in use by process ${process.pid}: stop that one or set BASEKEEP_DATA_DIR to another folder.`,
    );
    await release();
    await (await claimDataFolder(dataDir)).release();
  });

  it('is refused to another process, which leaves the first one’s PostgreSQL alone', async () => {
    const dataDir = await useDataFolder();
    const { launcher, said } = await spawnLauncher(dataDir);
    const second = await spawnLauncher(dataDir);
    expect(second.said).toEqual({
      error: expect.stringContaining(`${dataDir} is in use by process ${launcher.pid}`),
    });
    await expect(start(dataDir)).rejects.toThrow('is in use by another Basekeep');
    if (!('pid' in said)) throw new Error(said.error);
    expect(process.kill(said.pid, 0)).toBe(true);
  });

  it('is free again as soon as its holder was killed, whatever its files say', async () => {
    const dataDir = await useDataFolder();
    const { launcher } = await spawnLauncher(dataDir);
    await kill(launcher);
    // The pid in the file is that of a living process: as after the reuse of a pid.
    await writeFile(path.join(dataDir, 'holder.json'), JSON.stringify({ pid: process.ppid }));
    await (await claimDataFolder(dataDir)).release();
  });

  it('is given to one of many that ask at the same moment', async () => {
    const dataDir = await useDataFolder();
    const claims = await Promise.allSettled(
      Array.from({ length: 20 }, () => claimDataFolder(dataDir)),
    );
    const won = claims.filter(({ status }) => status === 'fulfilled');
    expect(won).toHaveLength(1);
  });
});

describe('the data folder', () => {
  it('is private when we make it, and keeps its mode when it was there', async () => {
    const made = await useDataFolder();
    await (await claimDataFolder(made)).release();
    expect((await stat(made)).mode & 0o067, 'nobody else lists or writes').toBe(0);
    const given = await useDataFolder();
    await mkdir(given);
    await chmod(given, 0o755);
    await (await claimDataFolder(given)).release();
    expect((await stat(given)).mode & 0o777).toBe(0o755);
  });
});

describe('a JSON file', () => {
  const Shape = z.object({ n: z.number() });

  it('is written whole and private, and replaced', async () => {
    const dataDir = await useDataFolder();
    await (await claimDataFolder(dataDir)).release();
    const file = path.join(dataDir, 'x.json');
    expect(await readJson(file, Shape)).toBeUndefined();
    await writeJsonAtomically(file, { n: 1 });
    await writeJsonAtomically(file, { n: 2 });
    expect(await readJson(file, Shape)).toEqual({ n: 2 });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('that is damaged is named, and what it says is not', async () => {
    const dataDir = await useDataFolder();
    await (await claimDataFolder(dataDir)).release();
    const file = path.join(dataDir, 'x.json');
    await writeFile(file, '{"password":"hunter2"');
    const error: unknown = await readJson(file, Shape).catch((reason: unknown) => reason);
    expect(inspect(error)).toContain(`The file ${file} is damaged: restore it from a backup.`);
    expect(inspect(error)).not.toMatch(/hunter2|password/);
  });
});
