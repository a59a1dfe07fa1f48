import type { Call } from './requests.ts';
import type { ColumnLength, Rows } from './tokens.ts';

/** One row of a catalog statement, without the object_id that it begins with. */
type Facts = readonly (string | null)[];

/** A table as SQL Server's catalog views describe it; fields as in our statements. */
export interface SqlServerTable {
  readonly schema: string;
  readonly name: string;
  /** U or V, as sys.objects has it. */
  readonly type: string;
  readonly comment: string | null;
  readonly rows: string | null;
  readonly isExternal?: boolean;
  readonly isClustered?: boolean;
  readonly partitionColumn?: string | null;
  readonly columns: readonly Facts[];
  readonly indexes?: readonly Facts[];
  readonly foreignKeys?: readonly Facts[];
  readonly checks?: readonly Facts[];
}

export interface Answer {
  readonly lengths: readonly ColumnLength[];
  readonly rows: Rows;
}

const limited = (count: number): ColumnLength[] => Array.from({ length: count }, () => 'limited');
const withMax = (count: number, ...max: number[]): ColumnLength[] =>
  limited(count).map((length, n) => (max.includes(n) ? 'max' : length));

/** Object ids go up by more than one, and begin somewhere. */
export const idOf = (n: number): number => 245_575_913 + 16 * n;

/** What the catalog of `tables` has to say to a statement of ours; null for one that is none. */
export function answerTo(
  { text, numbers }: Call,
  tables: readonly SqlServerTable[],
): Answer | null {
  if (text.startsWith('set ')) return { lengths: [], rows: [] };
  if (text.includes("serverproperty('ProductVersion')")) {
    return { lengths: limited(3), rows: [['16.0.4135.4', 'Developer Edition (64-bit)', '3']] };
  }
  const after = numbers['after'] ?? 0;
  const all = tables.map((table, n) => ({ table, id: idOf(n) })).filter(({ id }) => id > after);
  if (text.endsWith('order by o.object_id')) {
    const page = all.slice(0, numbers['count'] ?? 0);
    return { lengths: withMax(9, 4), rows: page.map(({ table, id }) => tableRow(table, id)) };
  }
  const range = all.filter(({ id }) => id <= (numbers['upTo'] ?? 0));
  const part = parts.find(({ order }) => text.includes(`order by ${order}`));
  if (!part) return null;
  return {
    lengths: part.lengths,
    rows: range.flatMap(({ table, id }) => part.of(table).map((facts) => [`${id}`, ...facts])),
  };
}

interface Part {
  readonly order: string;
  readonly lengths: readonly ColumnLength[];
  of(table: SqlServerTable): readonly Facts[];
}

const parts: readonly Part[] = [
  { order: 'c.object_id', lengths: withMax(14, 9, 10, 11), of: ({ columns }) => columns },
  { order: 'i.object_id', lengths: withMax(13, 7), of: ({ indexes }) => indexes ?? [] },
  { order: 'f.parent_object_id', lengths: limited(9), of: ({ foreignKeys }) => foreignKeys ?? [] },
  { order: 'k.parent_object_id', lengths: withMax(3, 2), of: ({ checks }) => checks ?? [] },
];

function tableRow(table: SqlServerTable, id: number): Facts {
  const { schema, name, type, comment, rows } = table;
  const { isExternal = false, isClustered = false, partitionColumn = null } = table;
  const flag = (is: boolean): string => (is ? '1' : '0');
  const flags = [flag(isExternal), flag(isClustered), partitionColumn];
  return [`${id}`, schema, name, `${type} `, comment, rows, ...flags];
}
