import { createHash } from 'node:crypto';
import type pg from 'pg';

/**
 * Every table of the product and of its queue, with a digest of all its rows; but for the counts of
 * requests, which a refused request may add to.
 */
export async function digestTables(pool: pg.Pool): Promise<Record<string, string>> {
  const { rows: tables } = await pool.query<{ name: string }>(`
    select format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'pgboss') and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname not in ('rate_limit', 'api_key_usage')
    order by 1`);
  const digests = tables.map(
    ({ name }) =>
      `select '${name}' as name, count(*) || ' rows ' ||
         md5(coalesce(string_agg(row, E'\\n' order by row), '')) as digest
       from (select (to_jsonb(t) - 'last_used_at')::text as row from ${name} t) as rows`,
  );
  // By name, because to plan a query of all tables takes longer than to run it.
  const text = digests.join(' union all ');
  const name = createHash('sha256').update(text).digest('hex').slice(0, 32);
  const { rows } = await pool.query<{ name: string; digest: string }>({ name, text });
  return Object.fromEntries(rows.map(({ name, digest }) => [name, digest]));
}
