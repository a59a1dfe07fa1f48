import { z } from 'zod';

/** A surface as the contracts describe it: how it spells, and what stands around its answers. */
export interface SurfaceFacts {
  readonly spell: (name: string) => string;
  /** The one thing of an answer; throws when anything else is around it. */
  readonly one: (body: unknown) => unknown;
  /** The items of a list, which keyed names after the resource. */
  readonly list: (body: unknown, resource: string) => unknown[];
}

const same = (name: string): string => name;
const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (at) => `_${at.toLowerCase()}`);

const Items = z.array(z.unknown());
const cursors = { nextCursor: z.string().nullable(), hasMore: z.boolean() };
const PublicOne = z.strictObject({ data: z.unknown() });
const PublicList = z.strictObject({ data: Items, pagination: z.strictObject(cursors) });

const v1 = (data: z.ZodType, meta: object) =>
  z.strictObject({
    success: z.literal(true),
    data,
    meta: z.strictObject({ request_id: z.string().min(1), ...meta }),
    error: z.null(),
  });
const V1One = v1(z.unknown(), {});
const V1List = v1(Items, {
  pagination: z.strictObject({ next_cursor: z.string().nullable(), has_more: z.boolean() }),
});

const KeyedPagination = z.strictObject({
  page: z.int().min(1),
  pageSize: z.int().min(1).max(100),
  totalCount: z.int().min(0),
  totalPages: z.int().min(0),
});

/** The table "what must never be blurred between them", as far as it is about success. */
export const surfaceFacts: Readonly<Record<'public' | 'v1' | 'keyed', SurfaceFacts>> = {
  public: {
    spell: same,
    one: (body) => PublicOne.parse(body).data,
    list: (body) => PublicList.parse(body).data,
  },
  v1: {
    spell: snake,
    one: (body) => V1One.parse(body).data,
    list: (body) => Items.parse(V1List.parse(body).data),
  },
  keyed: {
    spell: same,
    one: (body) => body,
    list: (body, resource) => {
      const List = z.strictObject({ [resource]: Items, pagination: KeyedPagination });
      return Items.parse(List.parse(body)[resource]);
    },
  },
};
