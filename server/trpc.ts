import { experimental_standaloneMiddleware, initTRPC } from '@trpc/server';
import { middlewareMarker } from '@trpc/server/unstable-core-do-not-import';
import { z } from 'zod';
import { invalidField } from '../shared/errors.ts';
import { Id } from '../shared/ids.ts';
import type { CallerContext, Context } from './context.ts';
import type { Permission } from './identity/permissions.ts';
import { admit } from './middleware/admit.ts';
import { assertScope, dataSourceOf, permitted } from './middleware/authorize.ts';
import { entityTag } from './middleware/entity-tag.ts';
import { formatError, translated } from './middleware/errors.ts';
import { once } from './middleware/idempotency/once.ts';
import { countStranger } from './middleware/rate-limit.ts';
import type { Upload } from './middleware/read-upload.ts';
import { useValidationTexts } from './middleware/validation-texts.ts';

/**
 * A REST route of a surface: method and path below the surface's prefix, fields of the input in
 * braces. A field that stands in the query under another name is written
 * `GET /tables?data_source_id={id}`, and so is one that stands there beside a body.
 */
export type Route = `${'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'} /${string}`;

export type SurfaceName = 'public' | 'v1' | 'keyed';

/** The groups in which the documents show operations; server/rest/tags.ts says what they are. */
export type Tag =
  | 'Auth'
  | 'Organizations'
  | 'Members'
  | 'Projects'
  | 'Groups'
  | 'API keys'
  | 'Data Sources'
  | 'Credentials'
  | 'Catalog'
  | 'Webhooks'
  | 'Backups'
  | 'Audit';

/** All there is to know of a procedure beside its schemas and its code. */
export interface Meta {
  /** One line for the documentation. */
  readonly summary: string;
  /** What the caller's role must allow; null when being signed in is enough. */
  readonly permission: Permission | null;
  /** Where REST finds it. A surface that is not named does not have it. */
  readonly rest?: { readonly [S in SurfaceName]?: Route };
  /** The status of success on REST; 200 when absent. */
  readonly status?: 200 | 201 | 202;
  /** Where a surface's contract knows less of the output than there is: that much. */
  readonly shows?: { readonly [S in SurfaceName]?: z.ZodType };
  /** True when it asks for no credential. */
  readonly isOpen?: true;
  readonly tag: Tag;
  /** The type of an answer that is no JSON: the procedure then gives its text piece by piece. */
  readonly streams?: 'application/x-ndjson';
  /** On REST its body is multipart/form-data: one file, which the procedure gets as base64. */
  readonly upload?: Upload;
  /** Takes an Idempotency-Key, as everything does that answers 201. */
  readonly isOnceOnly?: true;
  /** Its output is a representation that has an entity tag. */
  readonly showsETag?: true;
  /** It calls `assertUnchanged`; an If-Match to any other procedure is refused, not ignored. */
  readonly takesIfMatch?: true;
}

/** Whether a retry with the same Idempotency-Key gets the same answer instead of a second effect. */
export const isOnceOnly = (meta: Meta | undefined): boolean =>
  meta?.status === 201 || meta?.isOnceOnly === true;

useValidationTexts();

const t = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    isDev: false,
    errorFormatter: ({ shape, error, ctx }) => formatError(shape, error, ctx),
  });

export const router = t.router;

/*
 * The order in which a call passes: errors are translated around everything, then who calls, whether
 * it may call so often, what it may do, whose rows it sees, whether it was done already, and only then
 * what it sent.
 */

const anyProcedure = t.procedure.use(async ({ next, ctx, path }) =>
  translated(ctx, path, await next()),
);

/** Anybody, known or not. */
export const openProcedure = anyProcedure.use(async ({ next, ctx }) => {
  const result = await next();
  if (!result.ok) await countStranger(ctx, result.error);
  return result;
});

// tRPC copies the context on its way, twice what a middleware returns: only what is new, then.
const known = anyProcedure.use(async ({ ctx, path, next }) => {
  const { principal, origin } = await admit(ctx, path);
  return next({ ctx: { principal, origin } });
});

/** The first input of procedures in an organization, and of those about one. */
export const inOrganization = z.object({ orgId: Id });
export const ofOrganization = z.object({ id: Id });

const scoped = known.use(async ({ ctx, meta, path, next }) => {
  await assertScope(ctx, meta?.permission, path);
  return next();
});

const permittedIn = known
  .input(inOrganization)
  .use(async ({ ctx, input, meta, path, next }) =>
    next({ ctx: await permitted(ctx, input.orgId, meta?.permission, path) }),
  );

const permittedOf = known
  .input(ofOrganization)
  .use(async ({ ctx, input, meta, path, next }) =>
    next({ ctx: await permitted(ctx, input.id, meta?.permission, path) }),
  );

const withDataSource = permittedIn.input(z.object({ id: Id })).use(async ({ ctx, input, next }) => {
  await dataSourceOf(ctx, input.orgId, input.id);
  return next();
});

/**
 * What every answer to a known caller has around it: creations with an Idempotency-Key happen once,
 * and their retries get the same answer; representations carry their entity tag, which a later change
 * may be made conditional on.
 */
const answered = experimental_standaloneMiddleware<{ ctx: CallerContext; meta: Meta }>().create(
  async ({ ctx, meta, path, getRawInput, next }) => {
    const { idempotencyKey, ifMatch, setHeader } = ctx.request;
    if (ifMatch !== null && !meta?.takesIfMatch) {
      throw invalidField('If-Match', 'Is not taken here');
    }
    const result =
      idempotencyKey !== null && isOnceOnly(meta)
        ? await once(ctx, idempotencyKey, {
            procedure: path,
            input: await getRawInput(),
            work: (em) => next({ ctx: { em } }),
            replay: (data) => ({ ok: true, data, marker: middlewareMarker }),
          })
        : await next();
    if (result.ok && meta?.showsETag && isObject(result.data)) {
      setHeader('ETag', entityTag(result.data));
      setHeader('Cache-Control', 'private, no-cache');
    }
    return result;
  },
);

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** A caller whom a credential proves. */
export const procedure = known.use(answered);

/** A caller whose credential's scopes include the permission, whatever the organization. */
export const scopedProcedure = scoped.use(answered);

/** A caller with the procedure's permission in the organization `orgId`. */
export const organizationProcedure = permittedIn.use(answered);

/** The same for procedures about the organization itself, which is then their `id`. */
export const ownOrganizationProcedure = permittedOf.use(answered);

/** A caller who may use the data source `id` of the organization `orgId`. */
export const dataSourceProcedure = withDataSource.use(answered);
