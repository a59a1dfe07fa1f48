import type { Row } from '../ordered-rows.ts';
import { lineFailure } from './failures.ts';

/** The last field of every row of ours, so that a row which was cut off can be told from a whole one. */
export const rowEnd = '.';

/**
 * A line of the format TabSeparated with `fields` fields and the row's end. JSONCompactEachRow, the
 * other candidate, does not exist before ClickHouse 20. Throws what `lineFailure` makes of anything else.
 */
export function parseLine(line: string, fields: number): Row {
  const parts = line.split('\t');
  if (parts.length !== fields + 1 || parts.pop() !== rowEnd) throw lineFailure(line);
  return line.includes('\\') ? parts.map(unescape) : parts;
}

function unescape(field: string): string | null {
  if (field === '\\N') return null;
  return field.replace(/\\([^]?)/g, (_all, character: string) => escapes[character] ?? character);
}

// ClickHouse documentation, "TabSeparated", "Data Formatting".
const escapes: { readonly [character: string]: string | undefined } = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  '0': '\0',
};

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Text out of bytes that were read as latin1, so that names could be compared as the server orders
 * them. ClickHouse's strings are bytes: what is not UTF-8 keeps its ASCII and shows the rest as \xNN.
 */
export function toText(bytes: string): string {
  if (!/[\x80-\xff]/.test(bytes)) return bytes;
  try {
    return decoder.decode(Buffer.from(bytes, 'latin1'));
  } catch {
    const hex = (character: string): string => `\\x${character.charCodeAt(0).toString(16)}`;
    return bytes.replace(/[\x80-\xff]/g, hex);
  }
}
