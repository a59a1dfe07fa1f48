import { sql } from 'kysely';

/** The time of the transaction by the database's clock, in milliseconds; `toTime` makes it a Date. */
export const nowMs = sql<number>`(extract(epoch from now()) * 1000)::float8`;

/** Times come out of the ORM's connections as text, hence numbers. */
export function toTime({ now_ms: ms }: { readonly now_ms: number }): Date {
  return new Date(ms);
}
