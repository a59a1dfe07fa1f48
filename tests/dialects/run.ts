import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { services, type Service } from './addresses.ts';
import { choose } from './choose.ts';
import { findMissing } from './find-missing.ts';

/**
 * `npm run test:dialects [-- mysql oracle ...]`: the conformance suite against vendors' own servers,
 * those of the compose profile `dialects` unless variables name others. What cannot be reached is named,
 * the others are tested all the same, and the end is a failure then.
 */
async function run(names: readonly string[]): Promise<number> {
  const chosen = choose(names);
  const missing = await Promise.all(chosen.map(findMissing));
  for (const sentence of missing) if (sentence) process.stderr.write(`${sentence}\n`);
  const there = chosen.filter((_service, n) => missing[n] === null);
  const code = there.length === 0 ? 1 : await test(there);
  return missing.some((sentence) => sentence !== null) ? 1 : code;
}

async function test(chosen: readonly Service[]): Promise<number> {
  const files = chosen.map((service) => `tests/dialects/${service}/`);
  const args = ['run', '--config', 'tests/dialects/vitest.config.ts', ...files];
  const vitest = spawn('vitest', args, { stdio: 'inherit' });
  const [code]: unknown[] = await once(vitest, 'exit');
  return typeof code === 'number' ? code : 1;
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.stderr.write(`npm run test:dialects [-- ${services.join(' ')}]\n`);
  process.exitCode = 2;
}
