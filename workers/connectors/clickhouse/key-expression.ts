import type { CatalogIndex } from '../../../shared/catalog.ts';

type IndexColumn = CatalogIndex['columns'][number];

/**
 * The parts of a key as ClickHouse writes it: `id, toDate(at), \`odd name\` DESC`. A part that names
 * a column is that column; every other part is an expression.
 */
export function parseKey(key: string, columns: ReadonlySet<string>): IndexColumn[] {
  return splitTopLevel(key).map((part) => {
    const descending = / DESC$/i.test(part);
    const text = part.replace(/ (?:ASC|DESC)$/i, '');
    const name = unquote(text);
    if (columns.has(name)) return { name, expression: null, descending };
    return { name: null, expression: text, descending };
  });
}

/** Splits at the commas that are inside of no bracket and no quote. */
function splitTopLevel(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (const { 0: token, index } of text.matchAll(
    /[([{]|[)\]}]|,|(['"`])(?:\\[^]|(?!\1)[^])*\1/g,
  )) {
    if ('([{'.includes(token)) depth += 1;
    else if (')]}'.includes(token)) depth -= 1;
    else if (token === ',' && depth === 0) {
      parts.push(text.slice(from, index).trim());
      from = index + 1;
    }
  }
  parts.push(text.slice(from).trim());
  return parts.filter((part) => part !== '');
}

/** Backticked names escape backticks and backslashes with a backslash. */
function unquote(text: string): string {
  const quoted = /^`((?:\\[^]|[^`\\])*)`$/.exec(text)?.[1];
  return quoted === undefined ? text : quoted.replace(/\\([^])/g, '$1');
}
