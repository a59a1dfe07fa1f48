import { z } from 'zod';
import { Id } from '../shared/ids.ts';

/** The paging fields of a list's input: `cursor` is the id of the last item of the page before. */
export const pageInput = {
  limit: z.int().min(1).max(100).default(50),
  cursor: Id.optional(),
};

const pages = new WeakSet<z.ZodType>();

/** A page of a list. Surfaces recognise it and put it into their own shape. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  const page = z.object({
    items: z.array(item),
    pagination: z.object({ nextCursor: z.string().nullable(), hasMore: z.boolean() }),
  });
  pages.add(page);
  return page;
}

export type PageSchema = ReturnType<typeof pageOf>;

export function isPage(schema: unknown): schema is PageSchema {
  return schema instanceof z.ZodType && pages.has(schema);
}

/** Makes a page of `limit + 1` rows: the extra one only says that there is more. */
export function toPage<Row, Item extends { id: string }>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
) {
  const items = rows.slice(0, limit).map(toItem);
  const hasMore = rows.length > limit;
  return {
    items,
    pagination: { nextCursor: hasMore ? (items.at(-1)?.id ?? null) : null, hasMore },
  };
}

/** A timestamptz as PostgreSQL writes it (`2026-11-21 18:00:00.123+00`), or a Date, as ISO 8601. */
export function isoTime(value: string | Date): string {
  const time = value instanceof Date ? value : new Date(`${value.replace(' ', 'T')}:00`);
  return time.toISOString();
}

export function isoTimeOrNull(value: string | Date | null): string | null {
  return value === null ? null : isoTime(value);
}
