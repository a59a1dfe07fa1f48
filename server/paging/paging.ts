import { sql, type RawBuilder, type SelectQueryBuilder, type SqlBool } from 'kysely';
import { z } from 'zod';
import { Id } from '../../shared/ids.ts';
import type { Context } from '../context.ts';
import type { NumberedPage } from './numbered-page.ts';

/** The paging fields of a list's input: `cursor` is the id of the last item of the page before. */
export const pageInput = {
  limit: z.int().min(1).max(100).default(50),
  cursor: Id.optional(),
};

interface PageInput {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

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

/** The order of a list, which must be total, and what comes after the item that a cursor names. */
export interface ListOrder {
  readonly by: RawBuilder<unknown>;
  readonly after: (cursor: string) => RawBuilder<SqlBool>;
}

/** Ids are made of time, so theirs is the order of age. */
const newestFirst: ListOrder = {
  by: sql`id desc`,
  after: (cursor) => sql<SqlBool>`id < ${cursor}`,
};

/**
 * The page of a list that was asked for: after a cursor, or, where the surface counts pages, by its
 * number. `query` selects all items that the caller may see, in no order.
 */
export async function readPage<DB, TB extends keyof DB, Row, Item extends { id: string }>(
  { request: { numberedPage } }: Pick<Context, 'request'>,
  query: SelectQueryBuilder<DB, TB, Row>,
  { limit, cursor }: PageInput,
  toItem: (row: Row) => Item,
  order: ListOrder = newestFirst,
) {
  const ordered = query.orderBy(order.by);
  if (numberedPage) return readNumbered(numberedPage, query, ordered, toItem);
  const rest = cursor === undefined ? ordered : ordered.where(order.after(cursor));
  return toPage(await rest.limit(limit + 1).execute(), limit, toItem);
}

async function readNumbered<DB, TB extends keyof DB, Row, Item>(
  asked: NumberedPage,
  query: SelectQueryBuilder<DB, TB, Row>,
  ordered: SelectQueryBuilder<DB, TB, Row>,
  toItem: (row: Row) => Item,
) {
  const { page, pageSize } = asked;
  const rows = await ordered
    .select(sql<number>`(count(*) over ())::int`.as('total_count'))
    .$castTo<Row & { total_count: number }>()
    .limit(pageSize)
    .offset((page - 1) * pageSize)
    .execute();
  const total = rows[0]?.total_count ?? (page === 1 ? 0 : await countOf(query));
  asked.totalCount = total;
  return {
    items: rows.map(toItem),
    pagination: { nextCursor: null, hasMore: page * pageSize < total },
  };
}

/** Behind the last page no row tells the count. */
async function countOf<DB, TB extends keyof DB, Row>(query: SelectQueryBuilder<DB, TB, Row>) {
  const { total } = await query
    .clearSelect()
    .select(sql<number>`count(*)::int`.as('total'))
    .$castTo<{ total: number }>()
    .executeTakeFirstOrThrow();
  return total;
}

const utc = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00$/;

/**
 * A timestamptz as PostgreSQL writes it (`2026-11-21 18:00:00.123+00`), or a Date, as ISO 8601 in
 * milliseconds. In UTC, which sessions of ours have, it is the same text with other punctuation: lists
 * are full of times, and making a Date of each was a fifteenth of a request.
 */
export function isoTime(value: string | Date): string {
  const [, date, time, fraction = ''] = (typeof value === 'string' && utc.exec(value)) || [];
  if (date && time) return `${date}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}Z`;
  const instant = value instanceof Date ? value : new Date(`${value.replace(' ', 'T')}:00`);
  return instant.toISOString();
}

export function isoTimeOrNull(value: string | Date | null): string | null {
  return value === null ? null : isoTime(value);
}
