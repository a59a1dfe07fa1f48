import type { z } from 'zod';
import type { AppError } from '../../shared/errors.ts';
import type { PageSchema } from '../paging.ts';
import type { SurfaceName } from '../trpc.ts';

/** A page as procedures give it. */
export interface PageValue {
  readonly items: readonly unknown[];
  readonly pagination: { readonly nextCursor: string | null; readonly hasMore: boolean };
}

/** One body shape, as the value that is sent and as the schema that documents it. */
export interface ErrorShape {
  readonly status: number;
  readonly body: unknown;
}

/**
 * A REST dialect, as data. It decides shape and nothing else: what a caller may do, what is valid
 * and what happens is the procedures' business, and so a new surface is one more of these.
 */
export interface Surface {
  readonly name: SurfaceName;
  readonly prefix: `/${string}`;
  readonly title: string;
  readonly description: string;
  /** Whether only admins get past organizations (public.md). */
  readonly adminsOnly: boolean;
  /** Where the OpenAPI document is, below the prefix. */
  readonly documentPath: `/${string}`;
  readonly value: (data: unknown) => unknown;
  readonly page: (page: PageValue) => unknown;
  readonly valueSchema: (data: z.ZodType) => z.ZodType;
  readonly pageSchema: (page: PageSchema) => z.ZodType;
  readonly error: (error: AppError) => ErrorShape;
  /** Component name and schema of the error body that a status answers with. */
  readonly errorSchemas: Readonly<Record<number, { name: string; schema: z.ZodType }>>;
}
