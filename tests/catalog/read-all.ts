import type { z } from 'zod';
import { itemsOf, type TestResponse } from '../support/api.ts';

/** Every item of a list, over all its pages. `ask` gets what to add to the query. */
export async function readAll<Schema extends z.ZodType>(
  schema: Schema,
  ask: (cursor: string) => Promise<TestResponse>,
): Promise<z.output<Schema>[]> {
  const all: z.output<Schema>[] = [];
  for (let cursor = ''; ;) {
    const { items, nextCursor } = itemsOf(await ask(cursor), schema);
    all.push(...items);
    if (nextCursor === null) return all;
    cursor = `&cursor=${nextCursor}`;
  }
}
