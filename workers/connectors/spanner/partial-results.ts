import { z } from 'zod';
import { ConnectionFailure } from '../connector.ts';
import type { Row } from '../ordered-rows.ts';
import { answerFailure } from './failures.ts';

// google.spanner.v1.PartialResultSet, and what stands in its place when a statement breaks off.
const Part = z.object({
  metadata: z.object({ rowType: z.object({ fields: z.array(z.unknown()) }) }).optional(),
  values: z.array(z.unknown()).default([]),
  chunkedValue: z.boolean().default(false),
  error: z.object({ code: z.int().optional() }).optional(),
});
type Part = z.infer<typeof Part>;

/**
 * The rows of a result that comes in parts, of so many fields each. Rows go on from one part to the next,
 * and so do texts (`chunkedValue`). Throws ConnectionFailure: what the service says when it breaks off,
 * LIMIT_EXCEEDED for a text of more than `maxCharacters`, PROTOCOL_ERROR for what is no such result.
 */
export async function* rowsOfParts(
  texts: AsyncIterable<string>,
  fields: number,
  maxCharacters: number,
): AsyncGenerator<Row[]> {
  let row: (string | null)[] = [];
  let begun: string | null = null;
  for await (const text of texts) {
    const part = parsePart(text);
    if ((part.metadata?.rowType.fields.length ?? fields) !== fields) refuse();
    const values = part.values.map(toText);
    if (begun !== null && values.length > 0) values[0] = begun + textOf(part.values[0]);
    if (part.chunkedValue || (begun !== null && values.length === 0)) {
      begun = values.length > 0 ? textOf(values.pop()) : begun;
      if ((begun?.length ?? 0) > maxCharacters) throw new ConnectionFailure('LIMIT_EXCEEDED');
    } else begun = null;
    const rows: Row[] = [];
    for (const value of values) {
      row.push(value);
      if (row.length < fields) continue;
      rows.push(row);
      row = [];
    }
    yield rows;
  }
  if (row.length > 0 || begun !== null) refuse();
}

function parsePart(text: string): Part {
  const part = Part.safeParse(parseJson(text));
  if (!part.success) return refuse();
  const { error } = part.data;
  if (error) throw answerFailure(error.code ?? 500, text);
  return part.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return refuse();
  }
}

/** A value as Spanner writes it in JSON: whole numbers are texts there. */
function toText(value: unknown): string | null {
  if (value === null || typeof value === 'string') return value;
  return typeof value === 'boolean' ? String(value) : refuse();
}

/** Only texts go on in the next part, as all columns that we ask for are texts or a word. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : refuse();
}

function refuse(): never {
  throw new ConnectionFailure('PROTOCOL_ERROR');
}
