import { createHash } from 'node:crypto';
import { canonicalJson } from '../../shared/canonical-json.ts';
import { AppError, invalidField } from '../../shared/errors.ts';
import type { IncomingRequest } from '../context.ts';

/** What changes by itself: syncs, health checks, use. A conflict is a change that somebody made. */
const changingByItself: ReadonlySet<string> = new Set([
  'failingSince',
  'hasCompletedFirstSync',
  'lastHealthCheckAttemptAt',
  'lastHealthStatus',
  'lastHealthyAt',
  'lastRevealedAt',
  'lastSuccessfulSyncAt',
  'lastSyncAttemptAt',
  'lastSyncStatus',
  'lastUsedAt',
  'onboardingStatus',
  'syncErrorMessage',
  'trialEndsAt',
]);

/** Beside what is tagged: given only to who asks for it, or once. No later reading has it. */
const leftOut: ReadonlySet<string> = new Set(['invitationToken', 'jwtSecret']);

/**
 * The strong entity tag (RFC 9110, 8.8.3) of a representation: two digests, `"<set>.<state>"`. The
 * first is of what callers set, the second of what changes by itself. The same on every surface.
 */
export function entityTag(representation: object): string {
  const fields = Object.entries(representation).filter(([name]) => !leftOut.has(name));
  const { set = [], state = [] } = Object.groupBy(fields, ([name]) =>
    changingByItself.has(name) ? 'state' : 'set',
  );
  return `"${digest(set)}.${digest(state)}"`;
}

// 96 bits: nobody gains by a collision but whoever made both values.
function digest(fields: readonly (readonly [string, unknown])[]): string {
  const text = canonicalJson(Object.fromEntries(fields));
  return createHash('sha256').update(text).digest().subarray(0, 12).toString('base64url');
}

/** A call that may be made on condition that nobody has changed its object since. */
export interface Conditional {
  readonly request: Pick<IncomingRequest, 'ifMatch'>;
}

/**
 * Throws PRECONDITION_FAILED when the request has an `If-Match` and what is there has been changed
 * by somebody since. A sync or a health check in between is no such change. Call it in the
 * transaction of the change, when the row is locked.
 */
export async function assertUnchanged(
  { request }: Conditional,
  read: () => object | Promise<object>,
): Promise<void> {
  if (request.ifMatch === null) return;
  const wanted = tagsIn(request.ifMatch);
  if (wanted === 'any') return;
  const current = setPart(entityTag(await read()));
  if (wanted.some((tag) => setPart(tag) === current)) return;
  throw new AppError('PRECONDITION_FAILED', 'Somebody has changed it since: get it again');
}

const setPart = (tag: string): string => tag.split('.')[0] ?? '';

/** Whether a caller whose `If-None-Match` this is has the representation already. */
export function isKnown(ifNoneMatch: string | undefined, tag: string | undefined): boolean {
  if (ifNoneMatch === undefined || tag === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return tagged(ifNoneMatch).some((known) => known.tag === tag);
}

/** The strong tags of an `If-Match`: a weak one matches nothing. VALIDATION when it is no such list. */
function tagsIn(header: string): readonly string[] | 'any' {
  if (header.trim() === '*') return 'any';
  const tags = tagged(header);
  if (tags.length === 0) throw invalidField('If-Match', 'Must be * or a list of entity tags');
  return tags.flatMap(({ tag, isWeak }) => (isWeak ? [] : [tag]));
}

const list = /^\s*(?:W\/)?"[\x21\x23-\x7e]*"(?:\s*,\s*(?:W\/)?"[\x21\x23-\x7e]*")*\s*$/;

/** The tags of a list; none when it is no list of tags. */
function tagged(header: string): { readonly tag: string; readonly isWeak: boolean }[] {
  if (!list.test(header)) return [];
  return [...header.matchAll(/(W\/)?("[^"]*")/g)].map(([, weak, tag = '']) => ({
    tag,
    isWeak: weak !== undefined,
  }));
}
