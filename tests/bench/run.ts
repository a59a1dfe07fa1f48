import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { removeAbandonedFolders } from '../support/folders/postgres-folder.ts';
import { apiRead } from './api-read.ts';
import { apiWrite } from './api-write.ts';
import type { Bench } from './bench.ts';
import { isMet, type Figure } from './figure.ts';
import { dispatch } from './dispatch.ts';
import { describeMachine } from './machine.ts';
import { health } from './health.ts';
import { replicas } from './replicas.ts';
import { start } from './start.ts';
import { syncAgain } from './sync-again.ts';
import { syncRead } from './sync-read.ts';
import { verify } from './verify.ts';
import { lineOf } from './print.ts';
import { describeProfiles } from './profile.ts';

/** In the order of performance.md. */
const benches: Readonly<Record<string, Bench>> = {
  'api-read': apiRead,
  'api-write': apiWrite,
  'sync-read': syncRead,
  'sync-again': syncAgain,
  health,
  dispatch,
  verify,
  start,
  replicas,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    full: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
  },
});

const root = new URL('../..', import.meta.url).pathname;
const resultsDir = path.join(root, 'bench-results');

/** Stops what the bench at work has started. */
let onInterrupt: () => Promise<void> = () => Promise.resolve();

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void onInterrupt().finally(() => process.exit(1)));
}

async function runBench(name: string, bench: Bench): Promise<boolean> {
  const profileDir = values.profile ? path.join(resultsDir, 'profiles', name) : undefined;
  const startedAt = new Date();
  const machine = await describeMachine();
  const notes: string[] = [];
  process.stdout.write(`${name}\n`);
  let figures: Figure[];
  {
    await using stack = new AsyncDisposableStack();
    onInterrupt = () => stack.disposeAsync();
    const note = (text: string): void => void notes.push(text);
    figures = await bench({ full: values.full, profileDir, stack, note });
  }
  for (const figure of figures) process.stdout.write(`${lineOf(figure)}\n`);
  if (profileDir !== undefined) {
    const file = path.join(profileDir, 'where-the-time-goes.txt');
    await writeFile(file, `${(await describeProfiles(profileDir)).join('\n')}\n`);
    process.stdout.write(`         where the time goes: ${file}\n`);
  }
  for (const text of notes) process.stdout.write(`         ${text}\n`);
  const judged = figures.map((figure) => ({ ...figure, met: isMet(figure) }));
  const date = startedAt.toISOString();
  const result = { bench: name, date, full: values.full, machine, notes, figures: judged };
  const file = path.join(resultsDir, `${name}${values.full ? '-full' : ''}.json`);
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
  return judged.every(({ met }) => met !== false);
}

function chosen(): [string, Bench][] {
  const all = Object.entries(benches);
  const unknown = positionals.find((name) => !Object.hasOwn(benches, name));
  if (unknown !== undefined) {
    throw new Error(`There is no bench ${unknown}: ${Object.keys(benches).join(', ')}`);
  }
  return positionals.length === 0 ? all : all.filter(([name]) => positionals.includes(name));
}

await mkdir(resultsDir, { recursive: true });
await removeAbandonedFolders();
const results: boolean[] = [];
for (const [name, bench] of chosen()) results.push(await runBench(name, bench));
const missed = results.filter((met) => !met).length;
process.stdout.write(missed === 0 ? 'All goals met.\n' : `${missed} benches miss a goal.\n`);
