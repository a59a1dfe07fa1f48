import { createHash } from 'node:crypto';
import type pg from 'pg';

/**
 * Every table of the product and of its queue, with a digest of all its rows; but for the counts of
 * requests, which a refused request may add to. The hashes of rows are added up: to sort them would take
 * longer than all the rest.
 */
export async function digestTables(pool: pg.Pool): Promise<Record<string, string>> {
  const { rows: tables } = await pool.query<{ name: string; row: string }>(`
    select format('%I.%I', n.nspname, c.relname) as name,
      case when exists (select from pg_attribute a
                        where a.attrelid = c.oid and a.attname = 'last_used_at' and not a.attisdropped)
        then 'to_jsonb(t) - ''last_used_at''' else 't' end as row
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'pgboss') and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname not in ('rate_limit', 'api_key_usage')
    order by 1`);
  const digests = tables.map(
    ({ name, row }) =>
      `select '${name}' as name,
         count(*) || ' rows ' || coalesce(sum(hashtextextended((${row})::text, 0)), 0) as digest
       from ${name} t`,
  );
  // By name, because to plan a query of all tables takes longer than to run it.
  const text = digests.join(' union all ');
  const name = createHash('sha256').update(text).digest('hex').slice(0, 32);
  const { rows } = await pool.query<{ name: string; digest: string }>({ name, text });
  return Object.fromEntries(rows.map(({ name, digest }) => [name, digest]));
}
