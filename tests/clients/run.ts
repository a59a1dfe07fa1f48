import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startProduct } from './product.ts';

/**
 * `npm run test:clients`: the OpenAPI documents as the running product serves them pass a linter,
 * and clients made from them compile and work.
 */
const folder = import.meta.dirname;
const generated = path.join(folder, '.cache');
const documents = { public: '/api/public/openapi', v1: '/api/v1/openapi', keyed: '/api/openapi' };
const files = Object.keys(documents).map((name) => path.join(generated, `${name}.json`));

if (!existsSync(path.join(folder, 'node_modules'))) {
  process.stderr.write('The tools are not installed: npm ci --prefix tests/clients\n');
  process.exit(1);
}
await mkdir(generated, { recursive: true });
const product = await startProduct();
try {
  for (const [name, address] of Object.entries(documents)) {
    const response = await fetch(`${product.url}${address}`);
    await writeFile(path.join(generated, `${name}.json`), await response.text());
  }
  await step('the documents pass the linter', tool('@redocly/cli/bin/cli.js', 'lint', ...files));
  for (const file of files) {
    const types = file.replace('.json', '.d.ts');
    const make = tool('openapi-typescript/bin/cli.js', file, '--output', types);
    await step(`types are made from ${path.basename(file)}`, make);
  }
  await step('the client compiles', tool('typescript/bin/tsc', '--project', 'tsconfig.json'));
  const { url, apiKey, owner } = product;
  const client = [path.join(folder, 'client.ts'), url, apiKey, owner.email, owner.password];
  await step('the client works on every surface', client);
} finally {
  await product.stop();
}

function tool(script: string, ...args: string[]): string[] {
  return [path.join(folder, 'node_modules', script), ...args];
}

/** Runs one step and says how it went; what it printed, only when it failed. */
async function step(what: string, args: readonly string[]): Promise<void> {
  const startedAt = performance.now();
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const child = spawn(process.execPath, args, { cwd: folder, env, timeout: 120_000 });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  const took = Math.round(performance.now() - startedAt);
  process.stdout.write(`${code === 0 ? 'ok' : 'FAILED'} ${what} ${took} ms\n`);
  if (code === 0) return;
  process.stdout.write(printed);
  process.exitCode = 1;
}
