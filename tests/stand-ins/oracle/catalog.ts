import type { ColumnKind, Rows } from './answers.ts';
import type { Execution } from './requests.ts';

/** One row of a catalog statement, without the table's name that it begins with. */
export type Facts = readonly (string | null)[];

/** A table as Oracle's catalog views describe it; fields as in our statements. */
export interface OracleTable {
  readonly schema: string;
  readonly name: string;
  readonly type: string;
  readonly rows: string | null;
  readonly isPartitioned?: boolean;
  readonly columns: readonly Facts[];
  readonly facts?: readonly Facts[];
  readonly constraints?: readonly Facts[];
  readonly keyColumns?: readonly Facts[];
  /** These begin with the name of the table that they are columns of. */
  readonly referenced?: readonly Facts[];
  readonly indexes?: readonly Facts[];
  readonly indexColumns?: readonly Facts[];
}

export interface Answer {
  readonly kinds: readonly ColumnKind[];
  readonly rows: Rows;
}

export const banner = 'Oracle Database 19c Enterprise Edition Release 19.0.0.0.0 - Production';

const texts = (count: number): ColumnKind[] => Array.from({ length: count }, () => 'text');
const thenLong = (count: number): ColumnKind[] => [...texts(count), 'long'];

/** What the catalog of `tables` has to say to a statement of ours; null for one that is none. */
export function answerTo(
  { text, binds }: Execution,
  tables: readonly OracleTable[],
): Answer | 'done' | null {
  if (/^(alter session set nls_|set transaction read only)/.test(text)) return 'done';
  if (text.includes('from v$version')) return { kinds: texts(1), rows: [[banner]] };
  const most = Number(/rownum <= (\d+)$/.exec(text)?.[1] ?? Infinity);
  if (text.includes('all_users u')) {
    const owners = [...new Set(tables.map(({ schema }) => schema))].sort(byBytes);
    return { kinds: texts(1), rows: owners.slice(0, most).map((owner) => [owner]) };
  }
  const { owner, after, upTo } = named(text, binds);
  const range = tables
    .filter(({ schema, name }) => schema === owner && byBytes(name, after ?? '') > 0)
    .sort((a, b) => byBytes(a.name, b.name));
  if (text.includes('from all_tables t')) {
    return { kinds: texts(4), rows: range.slice(0, most).map(tableRow) };
  }
  const part = parts.find(({ mark }) => text.includes(mark));
  if (!part) return null;
  const { kinds, of, isWhole = false } = part;
  const rows = range
    .filter(({ name }) => byBytes(name, upTo ?? '') <= 0)
    .flatMap((table) => of(table).map((facts) => (isWhole ? facts : [table.name, ...facts])));
  return { kinds, rows };
}

interface Part {
  readonly mark: string;
  readonly kinds: readonly ColumnKind[];
  readonly isWhole?: boolean;
  of(table: OracleTable): readonly Facts[];
}

const parts: readonly Part[] = [
  { mark: 'from all_tab_cols c', kinds: thenLong(13), of: ({ columns }) => columns },
  { mark: 'from all_part_key_columns', kinds: texts(5), of: ({ facts }) => facts ?? [] },
  { mark: 'c.search_condition', kinds: thenLong(6), of: ({ constraints }) => constraints ?? [] },
  {
    mark: 'select k.table_name, k.owner',
    kinds: texts(4),
    isWhole: true,
    of: ({ referenced }) => referenced ?? [],
  },
  { mark: 'from all_cons_columns k', kinds: texts(3), of: ({ keyColumns }) => keyColumns ?? [] },
  { mark: 'from all_indexes i', kinds: texts(5), of: ({ indexes }) => indexes ?? [] },
  { mark: 'from all_ind_columns', kinds: thenLong(5), of: (table) => table.indexColumns ?? [] },
];

function tableRow({ name, type, rows, isPartitioned = false }: OracleTable): Facts {
  return [name, type, rows, isPartitioned ? 'YES' : 'NO'];
}

/** Each place of a name has a value of its own, all of one name the same. */
function named(text: string, binds: readonly string[]): { [name: string]: string } {
  const names = [...text.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  if (names.length !== binds.length) throw new RangeError('ORA-01008: not all variables bound');
  return Object.fromEntries(names.map((name, n) => [name, binds[n] ?? '']));
}

/** As Oracle compares in AL32UTF8 with nls_comp = binary. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
