const identifier = '(?:"(?:[^"]|"")*"|[^\\s".(]+)';

const indexStatement = new RegExp(
  `^CREATE (?:UNIQUE )?INDEX ${identifier} ON (?:${identifier}\\.)*${identifier} USING (\\w+)`,
);

/** A name out of an expression that is nothing but one; any other expression as it is. */
export function unquote(expression: string): string {
  const quoted = /^"((?:[^"]|"")*)"$/.exec(expression)?.[1];
  return quoted === undefined ? expression : quoted.replaceAll('""', '"');
}

/** What an index is. Those of extensions say so; the engine's own is an adaptive radix tree. */
export function indexMethod(statement: string): string {
  return indexStatement.exec(statement)?.[1] ?? 'ART';
}
