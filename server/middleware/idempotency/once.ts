import { timingSafeEqual } from 'node:crypto';
import { sql } from 'kysely';
import type { EntityManager } from '../../../shared/db/orm.ts';
import { AppError } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import { accountOf } from '../../identity/principal.ts';
import { openAnswer, sealAnswer } from './answer.ts';
import { keyInHeader } from './key-in-header.ts';
import { operationOf, type Operation } from './operation.ts';

type Outcome = { readonly ok: true; readonly data: unknown } | { readonly ok: false };

interface Call<Done extends Outcome> {
  readonly procedure: string;
  readonly input: unknown;
  /** Does the work, all of it with this EntityManager. */
  readonly work: (em: EntityManager) => Promise<Done>;
  /** Makes the outcome of an earlier call anew. */
  readonly replay: (data: unknown) => Done;
}

/** How long a retry is recognised. */
const keptHours = 24;
const underWayMs = 1_000;

/**
 * Does an operation that its caller named by an Idempotency-Key once. The answer is stored in the
 * transaction of the effect, so whatever gets lost on the way back, a retry finds both or neither.
 * Only successes are remembered: what was refused left nothing, and may be tried again.
 */
export async function once<Done extends Outcome>(
  ctx: CallerContext,
  header: string,
  { procedure, input, work, replay }: Call<Done>,
): Promise<Done> {
  const account = accountOf(ctx.principal);
  const key = keyInHeader(header);
  const operation = operationOf(ctx.apiSecret, { account, procedure, key, input });
  let failed: Done | undefined;
  try {
    return await ctx.em.transactional(async (em) => {
      await lock(em, operation);
      const remembered = await recall(em, operation);
      if (remembered) {
        ctx.request.setHeader('Idempotency-Replayed', 'true');
        return replay(openAnswer(operation, remembered));
      }
      const done = await work(em);
      if (!done.ok) {
        failed = done;
        throw new Error('undone');
      }
      await remember(em, operation, sealAnswer(operation, done.data));
      return done;
    });
  } catch (error) {
    if (failed) return failed;
    throw error;
  }
}

/**
 * Until the end of the transaction nobody else does this operation. Not waited for: a caller that
 * retries impatiently would occupy one connection after the other.
 */
async function lock(em: EntityManager, { id }: Operation): Promise<void> {
  const name = id.readBigInt64BE().toString();
  const { rows } = await sql<{ is_ours: boolean }>`
    select pg_try_advisory_xact_lock(${name}::bigint) as is_ours`.execute(em.getKysely());
  if (rows[0]?.is_ours) return;
  throw new AppError('CONFLICT', 'A request with this Idempotency-Key is still under way', {
    retryAfterMs: underWayMs,
  });
}

/** The sealed answer of an earlier call. IDEMPOTENCY_KEY_REUSED when that asked for something else. */
async function recall(em: EntityManager, operation: Operation): Promise<Buffer | null> {
  const { rows } = await sql<{ request_digest: Buffer; answer: Buffer }>`
    select request_digest, answer from idempotency_key
    where id = ${operation.id} and expires_at > now()`.execute(em.getKysely());
  const [row] = rows;
  if (!row) return null;
  if (timingSafeEqual(row.request_digest, operation.requestDigest)) return row.answer;
  const reason = 'Was used for a request with other parameters';
  throw new AppError('IDEMPOTENCY_KEY_REUSED', `Idempotency-Key: ${reason}`, {
    fields: { 'Idempotency-Key': reason },
  });
}

async function remember(em: EntityManager, operation: Operation, answer: Buffer): Promise<void> {
  await sql`
    insert into idempotency_key (id, request_digest, answer, expires_at)
    values (${operation.id}, ${operation.requestDigest}, ${answer},
      now() + make_interval(hours => ${keptHours}))
    on conflict (id) do update set request_digest = excluded.request_digest,
      answer = excluded.answer, expires_at = excluded.expires_at`.execute(em.getKysely());
}
