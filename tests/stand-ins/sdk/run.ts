import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * `npm run test:stand-ins`: the vendors' own SDKs against our stand-ins, one process each. Without
 * arguments all of them; with names only those, such as `run.ts databricks`.
 */
const folder = import.meta.dirname;
const timeoutMs = 120_000;

if (!existsSync(path.join(folder, 'node_modules'))) {
  process.stderr.write('The SDKs are not installed: npm ci --prefix tests/stand-ins/sdk\n');
  process.exit(1);
}

const wanted = process.argv.slice(2);
const scripts = readdirSync(folder)
  .filter((name) => name.endsWith('.ts') && name !== path.basename(import.meta.filename))
  .filter((name) => wanted.length === 0 || wanted.includes(path.basename(name, '.ts')));

let failed = 0;
for (const script of scripts) {
  const startedAt = performance.now();
  const passed = await run(script);
  if (!passed) failed += 1;
  const took = Math.round(performance.now() - startedAt);
  process.stdout.write(`${passed ? 'ok' : 'FAILED'} ${path.basename(script, '.ts')} ${took} ms\n`);
}
process.exit(failed === 0 ? 0 : 1);

/** Without our environment and with an empty home: an SDK finds no credentials but those it is given. */
async function run(script: string): Promise<boolean> {
  const home = mkdtempSync(path.join(tmpdir(), 'stand-in-home-'));
  const child = spawn(process.execPath, [path.join(folder, script)], {
    env: { PATH: process.env['PATH'], HOME: home },
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: timeoutMs,
  });
  await once(child, 'exit');
  rmSync(home, { recursive: true, force: true });
  return child.exitCode === 0;
}
