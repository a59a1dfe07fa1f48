import { ConnectionFailure } from '../connectors/connector.ts';
import { charactersOf, type Row } from '../connectors/ordered-rows.ts';

/** Of all rows together: names, mostly. */
const maxCharacters = 8 * 1024 * 1024;

/**
 * The rows of a short answer in one list. Throws PROTOCOL_ERROR for a server that sends more of them than
 * it was asked for, and LIMIT_EXCEEDED for more text than is worth collecting, as soon as it does.
 */
export async function collectRows(
  pages: AsyncIterable<readonly Row[]>,
  maxRows: number,
): Promise<Row[]> {
  const rows: Row[] = [];
  let characters = 0;
  for await (const page of pages) {
    rows.push(...page.slice(0, maxRows + 1));
    characters += page.reduce((sum, row) => sum + charactersOf(row), 0);
    if (rows.length > maxRows) throw new ConnectionFailure('PROTOCOL_ERROR');
    if (characters > maxCharacters) throw new ConnectionFailure('LIMIT_EXCEEDED');
  }
  return rows;
}
