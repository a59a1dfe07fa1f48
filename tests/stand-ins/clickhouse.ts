import type { StandInAnswer, StandInHandler } from './http-stand-in.ts';

/** Ends every row of ours: `rowEnd` of the connector. */
const rowEnd = '.';

export interface ClickhouseState {
  /** Of the one database, `shop`; each has one column, which has the table's name. */
  readonly tables: readonly string[];
}

/**
 * ClickHouse's HTTP interface as far as hostile servers need it: version, settings, and a catalog in
 * TabSeparated. What the connector makes of a real one is proven with clickhouse-server.
 */
export function clickhouseHandler({ tables }: ClickhouseState): StandInHandler {
  const named = [...tables].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return ({ query }) => {
    const text = query.get('query') ?? '';
    if (text.startsWith('select version()')) return rows([['21.8.1.1']]);
    if (text.includes('system.settings')) return rows(features);
    const isOne = text.includes('limit 1');
    const wanted = isOne ? ['one'] : named;
    if (text.includes('from system.tables')) {
      return rows(wanted.map((name) => ['shop', name, 'Log', '0', '', '', '', '']));
    }
    if (text.includes('from system.columns')) {
      return rows(wanted.map((name) => ['shop', name, name, 'Int8', '', '', '']));
    }
    return { status: 200, body: null, pieces: [] };
  };
}

const features = [
  ['setting', 'readonly', '2'],
  ['tables', 'comment', ''],
  ['columns', 'type', ''],
];

/** Lines of a catalog's columns that come before every table, and so are passed over without end. */
export function* endlessColumns(): Generator<string> {
  const lines = toLine(['', '', 'c', 'Int8', '', '', '']).repeat(500);
  for (;;) yield lines;
}

function rows(all: readonly (readonly string[])[]): StandInAnswer {
  return { status: 200, body: null, pieces: all.map(toLine) };
}

function toLine(fields: readonly string[]): string {
  return `${[...fields.map(escape), rowEnd].join('\t')}\n`;
}

/** ClickHouse documentation, "TabSeparated", "Data Formatting". */
function escape(field: string): string {
  const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n' };
  return field.replace(/[\\\t\n]/g, (character) => escapes[character] ?? character);
}
