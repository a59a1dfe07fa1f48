import { readFileSync } from 'node:fs';
import { format } from 'oxfmt';
import { type Dialect, dialectFacts, dialects } from '../../../shared/dialects.ts';
import { allDepths } from './proofs.ts';
import { DialectRecord, recordFile } from './record.ts';

const begin = '<!-- what connects: written by `npm run docs` from tests/connectors/conformance -->';
const end = '<!-- what connects: end -->';

export const readmeFile = new URL('../../../README.md', import.meta.url).pathname;

type Records = readonly (readonly [Dialect, DialectRecord])[];

/** The records of every dialect. Throws for one that has none. */
export function readRecords(): Records {
  return dialects.map((dialect) => {
    const text = readFileSync(recordFile(dialect), 'utf8');
    return [dialect, DialectRecord.parse(JSON.parse(text))] as const;
  });
}

/** A README whose part between the marks says what the records say. Throws without the marks. */
export async function withTables(readme: string, records: Records): Promise<string> {
  const from = readme.indexOf(begin);
  const to = readme.indexOf(end);
  if (from < 0 || to < from) throw new Error('The README has no marks for the tables');
  const parts = [begin, connectTable(records), depthTable(records), end];
  const text = parts.join('\n\n');
  const written = readme.slice(0, from) + text + readme.slice(to + end.length);
  const { code } = await format(readmeFile, written, { printWidth: 100, singleQuote: true });
  return code;
}

/** What each dialect was seen doing. */
function connectTable(records: Records): string {
  const rows = records.map(([dialect, record]) => {
    const { isTcp, isFile = false } = dialectFacts[dialect];
    const has = (what: (typeof record.proven)[number]): string =>
      record.proven.includes(what) ? 'yes' : '**no**';
    const tls = record.alwaysTls && record.proven.includes('TLS') ? 'always' : has('TLS');
    return [
      ...[dialect, has('probe'), has('catalog')],
      ...(isFile ? ['a file', 'a file'] : [tls, has('own CA')]),
      isTcp ? has('SSH') : isFile ? 'a file' : 'HTTPS only',
      ...[has('cancel'), record.against],
    ];
  });
  const head = ['dialect', 'verify, health', 'sync', 'TLS verified', 'own CA'];
  return markdownTable([...head, 'SSH tunnel', 'cancelled in 2 s', 'tested against'], rows);
}

/** What of a catalog each dialect was seen reading. */
function depthTable(records: Records): string {
  const rows = allDepths.map((depth) => [
    depth,
    ...records.map(([, record]) => (record.depth.includes(depth) ? 'yes' : '')),
  ]);
  return markdownTable(['in a catalog', ...records.map(([dialect]) => dialect)], rows);
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [head, head.map(() => '---'), ...rows].map(line).join('\n');
}
