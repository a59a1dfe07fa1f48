import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { BenchRun } from '../bench.ts';
import { ReadAnswer, type ReadJob } from '../libraries/answer-reads.ts';
import type { Installation } from './installation.ts';
import { peakRssMb } from './resources.ts';

const libraries = ['pg-structure', 'pg-introspection', 'mikro-orm', 'kysely'] as const;
const folder = new URL('../libraries/', import.meta.url);

/** A whole catalog, read by one of them in a process of its own. */
export interface LibraryRead {
  readonly name: 'ours' | (typeof libraries)[number];
  readonly ms: number;
  readonly peakMb: number;
}

interface Source {
  readonly url: string;
  /** Tables and views that are to be found; who finds less has not done the work. */
  readonly tables: number;
}

/** Our connector by itself, then each library; ours alone where the libraries are not installed. */
export async function readByLibraries(
  run: BenchRun,
  installation: Installation,
  source: Source,
): Promise<LibraryRead[]> {
  const isInstalled = existsSync(new URL('node_modules', folder));
  if (!isInstalled) {
    run.note('the libraries beside it are not installed: npm run bench:libraries');
  }
  const reads: LibraryRead[] = [];
  for (const name of ['ours', ...(isInstalled ? libraries : [])] as const) {
    reads.push({ name, ...(await readAlone(installation, name, source)) });
  }
  return reads;
}

/** The quicker of two reads, so that nobody's code is measured before it is compiled. */
async function readAlone(
  installation: Installation,
  name: LibraryRead['name'],
  { url, tables }: Source,
): Promise<Omit<LibraryRead, 'name'>> {
  const running = installation.startBaseline(new URL(`${name}.ts`, folder));
  const readMs = async (): Promise<number> => {
    const ended = once(running.child, 'exit').then(() => running.assertAlive());
    const heard = once(running.child, 'message');
    running.child.send({ url } satisfies ReadJob);
    const [message]: unknown[] = (await Promise.race([heard, ended])) ?? [];
    const answer = ReadAnswer.parse(message);
    if (answer.tables === tables) return answer.ms;
    throw new Error(`${name} has found ${answer.tables} of ${tables} tables and views`);
  };
  const ms = Math.min(await readMs(), await readMs());
  const peakMb = await peakRssMb(running.pid);
  await running.stop();
  return { ms, peakMb };
}
