import { sql } from 'kysely';
import type { Orm } from '../../shared/db/orm.ts';
import { AppError } from '../../shared/errors.ts';

/** So many tries in so many seconds. */
export interface Limit {
  readonly name: string;
  readonly limit: number;
  readonly windowSeconds: number;
}

/** Counts tries in PostgreSQL: exact whatever the number of API processes. */
export interface Limiter {
  /** Takes one try of `subject`. Throws RATE_LIMITED, with the time until the window resets. */
  take(limit: Limit, subject: string): Promise<void>;
  /** Gives `subject` a fresh window. */
  reset(limit: Limit, subject: string): Promise<void>;
}

export function createLimiter(orm: Orm): Limiter {
  const keyOf = ({ name }: Limit, subject: string): string => `${name}:${subject}`;
  return {
    async take(limit, subject) {
      const { rows } = await sql<{ count: number; resets_in_ms: string }>`
        insert into rate_limit as r (key, window_ends_at, count)
        values (${keyOf(limit, subject)}, now() + make_interval(secs => ${limit.windowSeconds}), 1)
        on conflict (key) do update set
          count = case when r.window_ends_at <= now() then 1 else r.count + 1 end,
          window_ends_at = case when r.window_ends_at <= now() then excluded.window_ends_at
            else r.window_ends_at end
        returning count, ceil(extract(epoch from window_ends_at - now()) * 1000) as resets_in_ms`.execute(
        orm.em.getKysely(),
      );
      const [row] = rows;
      if (row && row.count <= limit.limit) return;
      const retryAfterMs = Number(row?.resets_in_ms ?? 1_000);
      throw new AppError(
        'RATE_LIMITED',
        `Too many tries. Try again in ${Math.ceil(retryAfterMs / 1_000)} seconds.`,
        { retryAfterMs },
      );
    },
    async reset(limit, subject) {
      await sql`delete from rate_limit where key = ${keyOf(limit, subject)}`.execute(
        orm.em.getKysely(),
      );
    },
  };
}
