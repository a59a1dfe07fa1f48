import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { tmpdir } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { inheritedEnv } from '../../server/launcher/children/inherited-env.ts';
import { useDatabase } from '../support/database.ts';
import { eventually, useInstallation } from '../support/worker.ts';

const control = useDatabase();
const installation = useInstallation(control);
const entry = new URL('../../workers/main.ts', import.meta.url).pathname;

/** The product's own entry point, as an operator starts it. */
function start(env: Record<string, string>) {
  const child = spawn(process.execPath, [entry], { env: { ...inheritedEnv(), ...env } });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  onTestFinished(() => void child.kill('SIGKILL'));
  return {
    child,
    exited,
    output: () => output,
    working: () => eventually(() => Promise.resolve(output.includes('"working"'))),
  };
}

describe('a worker', () => {
  it('says in one sentence what is wrong with its environment', async () => {
    const { exited, output } = start({
      ...installation.workerEnv,
      DATABASE_URL: 'mysql://x:secret@y/z',
    });
    expect(await exited).toBe(1);
    expect(output()).toBe(
      'The environment variable DATABASE_URL cannot be used: must be a URL that starts with postgres://.\n',
    );
  });

  it.each([
    ['VAULT_PRIVATE_KEY_FILE', 'of another pair'],
    ['EGRESS_DENY_ENDPOINTS', 'localhost'],
  ])('does not start with a wrong %s (%s)', async (name, value) => {
    let wrong = value;
    if (name.endsWith('FILE')) {
      wrong = path.join(tmpdir(), `basekeep-key-${process.pid}`);
      await writeFile(wrong, Buffer.alloc(32, 7).toString('base64'));
      onTestFinished(() => rm(wrong));
    }
    const { exited, output } = start({ ...installation.workerEnv, [name]: wrong });
    expect(await exited).toBe(1);
    expect(output()).toContain(name);
    expect(output().trim().split('\n')).toHaveLength(1);
  });

  it('does not start on a database that was sealed with another key', async () => {
    const first = start({ ...installation.workerEnv, LOG_LEVEL: 'info' });
    await first.working();
    first.child.kill('SIGTERM');
    await first.exited;
    await control.pool.query(
      `update sealing_key set kid = 'another', public_key = decode(repeat('ab', 32), 'hex')`,
    );
    const { exited, output } = start({ ...installation.workerEnv, LOG_LEVEL: 'error' });
    expect(await exited).toBe(1);
    expect(output()).toContain('VAULT_PUBLIC_KEY_FILE');
    await control.pool.query('delete from sealing_key');
  });

  it('publishes its figures, and takes them back when it stops, within 8 s and with exit code 0', async () => {
    const worker = start({ ...installation.workerEnv, LOG_LEVEL: 'info' });
    await worker.working();
    const [row] = await eventually(async () => {
      const { rows } = await control.pool.query('select worker_id, metrics from worker_metrics');
      return rows.length > 0 && rows;
    });
    const names = (row.metrics as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['basekeep_jobs_total', 'basekeep_sync_duration_seconds']),
    );
    const before = performance.now();
    worker.child.kill('SIGTERM');
    expect(await worker.exited).toBe(0);
    expect(performance.now() - before).toBeLessThan(8_000);
    expect((await control.pool.query('select 1 from worker_metrics')).rows).toEqual([]);
  });

  it('drops credentials that drivers would pick up by themselves', async () => {
    const env = {
      PGPASSWORD: 'x',
      PGHOST: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
      GOOGLE_APPLICATION_CREDENTIALS: 'x',
      AZURE_CLIENT_SECRET: 'x',
      ORA_SDTZ: 'x',
      ORA_EDITION: 'x',
      ORA_DEBUG_JDWP: 'x',
      TNS_ADMIN: 'x',
      NODE_ORACLEDB_DEBUG_PACKETS: 'x',
      KEPT: 'x',
    };
    const text = `
      const { forgetAmbientCredentials } = await import(${JSON.stringify(new URL('../../shared/env.ts', import.meta.url).href)});
      forgetAmbientCredentials();
      process.stdout.write(JSON.stringify(Object.keys(process.env).filter((name) => process.env[name] === 'x')));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', text], {
      env: { ...inheritedEnv(), ...env },
    });
    const [out] = (await once(child.stdout, 'data')) as [Buffer];
    expect(JSON.parse(out.toString())).toEqual(['KEPT']);
  });

  it('waits for PostgreSQL, and can be stopped meanwhile', async () => {
    const nowhere = new URL(control.url);
    nowhere.port = '9';
    const worker = start({
      ...installation.workerEnv,
      DATABASE_URL: nowhere.href,
      LOG_LEVEL: 'info',
    });
    await eventually(() => Promise.resolve(worker.output().includes('waiting for PostgreSQL')));
    const password = decodeURIComponent(nowhere.password);
    expect(worker.output()).not.toContain(password);
    worker.child.kill('SIGTERM');
    expect(await worker.exited).toBe(0);
  });
});
