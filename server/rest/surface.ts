import type { z } from 'zod';
import type { AppError } from '../../shared/errors.ts';
import type { NumberedPage } from '../paging/numbered-page.ts';
import type { PageSchema } from '../paging/paging.ts';
import type { SurfaceName } from '../trpc.ts';
import type { Spelling } from './naming/spelling.ts';

/** A page as procedures give it. */
export interface PageValue {
  readonly items: readonly unknown[];
  readonly pagination: { readonly nextCursor: string | null; readonly hasMore: boolean };
}

/** What an envelope may tell beside the data. */
export interface Answering {
  readonly requestId: string;
  /** What the items of a list are called: `dataSources`. */
  readonly resource: string;
  /** Of a surface that counts pages: the one that was asked for. */
  readonly numberedPage: NumberedPage | undefined;
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
  /** How it writes the fields that procedures read and give. */
  readonly spell: Spelling;
  /** What it calls the id of the organization that a request is about. */
  readonly organizationName: string;
  /** Whether lists are read on from a cursor or by the number of a page. */
  readonly paging: 'cursor' | 'number';
  /** How callers sign in, by its document: with all of them together. */
  readonly securitySchemes: Readonly<Record<string, SecurityScheme>>;
  readonly value: (data: unknown, answering: Answering) => unknown;
  readonly page: (page: PageValue, answering: Answering) => unknown;
  readonly valueSchema: (data: z.ZodType) => z.ZodType;
  readonly pageSchema: (page: PageSchema, resource: string) => z.ZodType;
  readonly error: (error: AppError, requestId: string) => ErrorShape;
  /** Component name and schema of the error body that a status answers with. */
  readonly errorSchemas: Readonly<Record<number, { name: string; schema: z.ZodType }>>;
  /** Where a 429 says how long to wait. */
  readonly retryField: string;
}

type SecurityScheme = { readonly description?: string } & (
  | { readonly type: 'http'; readonly scheme: 'bearer' }
  | { readonly type: 'apiKey'; readonly in: 'header'; readonly name: string }
);
