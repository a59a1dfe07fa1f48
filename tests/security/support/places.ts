import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import type { Running } from '../../support/processes/processes.ts';
import { findCanaries } from './find-canaries.ts';

/** Where a secret could have come to rest: a name, and all bytes that are there. */
type Place = readonly [name: string, bytes: Buffer];

/** Every row of every table, the queue's included, as `pg_dump` would write it. */
export async function tableRows(databaseUrl: string): Promise<Place[]> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(`
      select format('%I.%I', n.nspname, c.relname) as name
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema')`);
    const places: Place[] = [];
    for (const { name } of rows) {
      const { rows: texts } = await client.query<{ text: string }>(
        `select t::text || E'\\n' || to_jsonb(t)::text as text from ${name} t`,
      );
      places.push([`table ${name}`, Buffer.from(texts.map(({ text }) => text).join('\n'))]);
    }
    return places;
  } finally {
    await client.end();
  }
}

/** Every file of a cluster after a checkpoint: heap, indexes, WAL, statistics. */
export async function clusterFiles(superuserUrl: string, dataDir: string): Promise<Place[]> {
  const client = new pg.Client(superuserUrl);
  await client.connect();
  await client.query('checkpoint');
  await client.end();
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async ({ parentPath, name }): Promise<Place> => {
      const file = path.join(parentPath, name);
      // A temporary file may be gone by the time it is read.
      return [`file ${file}`, await readFile(file).catch(() => Buffer.alloc(0))];
    }),
  );
}

/** What anybody on the machine, or a crash report, can see of a process. */
export async function processFiles(name: string, pid: number): Promise<Place[]> {
  return Promise.all(
    ['environ', 'cmdline'].map(async (file): Promise<Place> => [
      `/proc of ${name}: ${file}`,
      await readFile(`/proc/${pid}/${file}`),
    ]),
  );
}

/** What a process has logged, on both of its outputs. */
export const logsOf = (name: string, { output }: Pick<Running, 'output'>): Place => [
  `log of ${name}`,
  Buffer.from(output),
];

/** One line for each place and spelling in which a secret was found. */
export const hitsIn = (places: readonly Place[]): string[] =>
  places.flatMap(([name, bytes]) => findCanaries(bytes).map((hit) => `${name}: ${hit}`));
