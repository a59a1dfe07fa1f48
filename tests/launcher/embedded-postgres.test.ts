import { chmod, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { processesOf } from '../../server/launcher/postgres/processes.ts';
import { waitUntil } from '../../server/launcher/postgres/wait-until.ts';
import { ask, clusterOf, start, useDataFolder, useServer } from './launcher.ts';

describe('a start', () => {
  it('makes a cluster, and the second one finds its data, port and password again', async () => {
    const dataDir = await useDataFolder();
    const first = await start(dataDir);
    await ask(first.url, 'create table kept as select 42 as answer');
    await first.stop();
    const second = await start(dataDir);
    expect(second.url).toBe(first.url);
    expect(await ask(second.url, 'select answer from kept')).toBe('42');
  });

  it('takes a port that it is given and keeps it', async () => {
    const dataDir = await useDataFolder();
    const { port: free, stop } = await start(await useDataFolder());
    await stop();
    const first = await start(dataDir, { port: free });
    await first.stop();
    expect((await start(dataDir)).port).toBe(free);
  });

  it('that is aborted while PostgreSQL comes up leaves no process behind', async () => {
    const dataDir = await useDataFolder();
    await start(dataDir).then(({ stop }) => stop());
    const cluster = await clusterOf(dataDir);
    // A standby that takes no queries: it comes up for ever.
    const standby = path.join(cluster, 'standby.signal');
    await writeFile(standby, '');
    await chmod(standby, 0o666);
    const abort = new AbortController();
    const settings = { hot_standby: 'off' };
    const starting = start(dataDir, { settings, signal: abort.signal });
    const isUp = async (): Promise<boolean> => (await processesOf(cluster)).length > 0;
    expect(await waitUntil(isUp, { timeoutMs: 10_000 })).toBe(true);
    abort.abort(new Error('Ctrl-C'));
    await expect(starting).rejects.toThrow('Ctrl-C');
    expect(await isUp()).toBe(false);
    await rm(standby);
    expect(await ask((await start(dataDir)).url, 'select 1')).toBe('1');
  });

  it('that is aborted while it makes the cluster leaves no process behind', async () => {
    const dataDir = await useDataFolder();
    const signal = AbortSignal.timeout(300);
    await expect(start(dataDir, { signal })).rejects.toThrow('timeout');
    expect(await processesOf(await clusterOf(dataDir))).toEqual([]);
    expect(await ask((await start(dataDir)).url, 'select 1')).toBe('1');
  });
});

describe('a server that runs', () => {
  // A caller's setting must not be able to open it.
  const running = useServer({ listen_addresses: '*', unix_socket_directories: '/tmp' });

  it('has UTF-8 with PostgreSQL’s own locale, checksums and a superuser called basekeep', async () => {
    const told = await ask(
      running.server.url,
      `select concat_ws(' ', current_user, rolsuper, pg_encoding_to_char(encoding),
                        datlocprovider::text, datlocale, current_setting('data_checksums'))
         from pg_database, pg_roles where datname = 'postgres' and rolname = current_user`,
    );
    expect(told).toBe('basekeep t UTF8 b C.UTF-8 on');
  });

  it('refuses a wrong password, and none', async () => {
    const wrong = new URL(running.server.url);
    wrong.password = 'guess';
    await expect(ask(wrong.href, 'select 1')).rejects.toThrow('password authentication failed');
    wrong.password = '';
    await expect(ask(wrong.href, 'select 1')).rejects.toThrow(/password/i);
  });

  it('listens on loopback alone, and on no socket in the file system', async () => {
    const { url, port } = running.server;
    expect(await ask(url, 'show listen_addresses')).toBe('127.0.0.1');
    expect(await ask(url, 'show unix_socket_directories')).toBe('');
    const others = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter(({ address, scopeid }) => address !== '127.0.0.1' && !scopeid);
    for (const { address } of others) {
      const client = new pg.Client({ host: address, port, connectionTimeoutMillis: 1_000 });
      client.on('error', () => {});
      await expect(client.connect(), address).rejects.toThrow(/ECONNREFUSED|timeout/);
    }
  });

  it('keeps its password and its log from other users, and no password file of initdb', async () => {
    for (const name of ['postgres.json', 'postgres.log', 'postgres.lock']) {
      expect((await stat(path.join(running.dataDir, name))).mode & 0o777, name).toBe(0o600);
    }
    const left = (await readdir(running.dataDir)).filter((name) => name.includes('initdb'));
    expect(left).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('sees nothing of our environment', async () => {
    const environment = await readFile(`/proc/${running.server.pid}/environ`, 'utf8');
    const names = environment.split('\0').map((pair) => pair.split('=')[0] ?? '');
    const given = names.filter((name) => name !== '' && !name.startsWith('PG'));
    expect(given.sort()).toEqual(['LANG', 'LC_ALL', 'PATH', 'TZ']);
  });

  it.runIf(process.platform === 'linux')('does not get the Ctrl-C of our terminal', async () => {
    const { pid } = running.server;
    // The fifth field is the process group, the sixth the session; see proc(5).
    const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(' ');
    expect(fields.slice(4, 6)).toEqual([String(pid), String(pid)]);
  });
});

describe('a stranger', () => {
  it('who took the port makes the start fail with one sentence naming port and file', async () => {
    const dataDir = await useDataFolder();
    const { port, stop } = await start(dataDir);
    await stop();
    const stranger = createServer().listen(port, '127.0.0.1');
    try {
      await expect(start(dataDir)).rejects.toThrow(
        `Port ${port}, which ${path.join(dataDir, 'postgres.json')} gives to the embedded database, is taken by another program: stop that program and start again.`,
      );
    } finally {
      stranger.close();
    }
    expect((await start(dataDir)).port).toBe(port);
  });
});

describe('a stop', () => {
  it('is done within 10 s while clients are connected and a transaction is busy', async () => {
    const dataDir = await useDataFolder();
    const { url, stop, exited } = await start(dataDir);
    const client = new pg.Client(url);
    client.on('error', () => {});
    await client.connect();
    await client.query('begin; create table unfinished (id int)');
    const busy = client.query('select count(*) from generate_series(1, 1e12)').catch(() => 'cut');
    const before = performance.now();
    await stop();
    // 10 s are promised; in order it takes no fraction of the 8 s after which it gets rough.
    expect(performance.now() - before).toBeLessThan(5_000);
    expect(await busy).toBe('cut');
    expect(await exited).toEqual({ code: 0, signal: null, expected: true });
    const again = await start(dataDir);
    expect(await ask(again.url, `select to_regclass('unfinished')`)).toBeUndefined();
  });

  it('ends within 10 s even when a backend does not react', async () => {
    const dataDir = await useDataFolder();
    const { url, stop } = await start(dataDir);
    const client = new pg.Client(url);
    client.on('error', () => {});
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    process.kill(rows[0]?.pid ?? 0, 'SIGSTOP');
    const before = performance.now();
    await stop();
    expect(performance.now() - before).toBeLessThan(10_000);
    expect(await processesOf(await clusterOf(dataDir))).toEqual([]);
    expect(await ask((await start(dataDir)).url, 'select 1')).toBe('1');
  });

  it('that nobody asked for is told as such', async () => {
    const { pid, exited } = await start(await useDataFolder());
    process.kill(pid, 'SIGQUIT');
    expect(await exited).toMatchObject({ expected: false });
  });
});
