import type { CatalogState } from '../../connector.ts';
import { askIfAllowed } from './ask-if-allowed.ts';
import { bucketOf, changedBuckets } from './catalog-state.ts';
import { givenNumber } from './given-number.ts';
import type { PostgresSession } from '../session.ts';
import { firstUserOid } from './statements.ts';

/** Beyond these, reading everything is no slower. */
const maxBuckets = 1_000;
const maxTables = 20_000;

/**
 * The oids of all tables that may differ between the stored state and that of the transaction which is
 * open, some that do not and some of other relations among them; null when everything has to be read.
 *
 * A table differs when rows of its own do, or when it is written out with the name of a relation whose
 * rows do: of its parent, of the tables and columns that its foreign keys reference, of sequences in
 * its defaults, of row types. PostgreSQL knows all of these, because it could not drop the one without
 * the other: they are in pg_depend, one step away.
 */
export async function findChangedTables(
  session: PostgresSession,
  { before, now }: { before: CatalogState | null; now: CatalogState },
  timeoutMs: number,
): Promise<ReadonlySet<number> | null> {
  const buckets = before && changedBuckets(before, now);
  if (!buckets || buckets.length > maxBuckets) return null;
  const ask = { rows: maxTables + 1, timeoutMs };
  const rows = await askIfAllowed(session, changedStatement(buckets), ask);
  if (!rows || rows.length > maxTables) return null;
  return new Set(rows.map(([oid]) => givenNumber(oid)));
}

const changedStatement = (buckets: readonly number[]): string => `
with changed as materialized (
  select oid, reltype from pg_class
  where oid >= ${firstUserOid} and ${bucketOf('oid')} = any ('{${buckets.join()}}')),
named as (
  select 'pg_class'::regclass as catalog, oid from changed
  union all select 'pg_type'::regclass, reltype from changed where reltype <> 0
  union all select 'pg_type'::regclass, typarray from changed join pg_type t on t.oid = reltype),
naming as (
  select classid, objid
  from named join pg_depend on refclassid = catalog and refobjid = named.oid),
related as (
  select oid from changed
  union select objid from naming where classid = 'pg_class'::regclass)
select oid from related
union select indrelid from related join pg_index on indexrelid = oid
union select conrelid from naming join pg_constraint on oid = objid
  where classid = 'pg_constraint'::regclass
union select adrelid from naming join pg_attrdef on oid = objid
  where classid = 'pg_attrdef'::regclass
limit ${maxTables + 1}`;
