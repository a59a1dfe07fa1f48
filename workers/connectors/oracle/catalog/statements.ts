import type { Statement } from '../session.ts';

/*
 * Flat statements over the catalog views of Oracle Database 12.1 and newer, each by a range of names in
 * one schema. Every field is text; names are bound. Of LONG, which definitions are kept in, there is no
 * expression, no union and no subquery. Source: Oracle documentation, "Database Reference", ALL_ views.
 */

/** Comes before every name: no name has it. */
export const firstName = '\0';

/** Tables of a schema whose names come after one. */
export interface NamesAfter {
  readonly owner: string;
  readonly after: string;
}

/** ... up to another one. */
export interface NameRange extends NamesAfter {
  readonly upTo: string;
}

/** Schemas that have tables or views for the user to see; Oracle's own left out, and Amazon's. */
export function owners(count: number): Statement {
  return {
    columns: 1,
    text: `select owner from (
      select distinct o.owner from all_objects o, all_users u
      where u.username = o.owner and u.oracle_maintained = 'N' and o.owner <> 'RDSADMIN'
        and o.object_type in ('TABLE', 'VIEW')
      order by 1) where rownum <= ${count}`,
  };
}

/** The first `count` tables and views of a schema after a name, in the order of names. */
export function tables({ owner, after }: NamesAfter, count: number): Statement {
  return {
    columns: 4,
    binds: { owner, after },
    text: `select name, kind, estimate, partitioned from (
      select t.table_name name, 'TABLE' kind, to_char(t.num_rows) estimate, t.partitioned partitioned
      from all_tables t
      where t.owner = :owner and t.table_name > :after and t.nested = 'NO' and t.secondary = 'N'
        and t.dropped = 'NO' and nvl(t.iot_type, 'IOT') = 'IOT'
      union all
      select v.view_name, 'VIEW', null, 'NO' from all_views v
      where v.owner = :owner and v.view_name > :after
      order by 1) where rownum <= ${count}`,
  };
}

export type PartName = keyof typeof texts;

/** What belongs to the tables of a range; the first column of each is the table's name. */
export function parts({ owner, after, upTo }: NameRange): {
  readonly [part in PartName]: Statement;
} {
  const binds = { owner, after, upTo };
  return {
    columns: { columns: 14, binds, text: texts.columns },
    facts: { columns: 5, binds, text: texts.facts },
    constraints: { columns: 7, binds, text: texts.constraints },
    keyColumns: { columns: 3, binds, text: texts.keyColumns },
    referenced: { columns: 4, binds, text: texts.referenced },
    indexes: { columns: 5, binds, text: texts.indexes },
    indexColumns: { columns: 6, binds, text: texts.indexColumns },
  };
}

const inRange = (owner: string, name: string): string =>
  `${owner} = :owner and ${name} > :after and ${name} <= :upTo`;

const texts = {
  /** Columns that somebody made, invisible ones too; not those that indexes and types bring along. */
  columns: `select c.table_name, c.column_name, c.data_type, c.data_type_owner, c.data_type_mod,
      to_char(c.data_length), to_char(c.char_length), c.char_used, to_char(c.data_precision),
      to_char(c.data_scale), c.nullable, c.virtual_column, c.identity_column, c.data_default
    from all_tab_cols c
    where ${inRange('c.owner', 'c.table_name')} and c.user_generated = 'YES'
    order by c.column_id, c.internal_column_id`,

  /** Short facts of many kinds, in one answer: kind, column, value, and a place among their like. */
  facts: `select c.table_name, 'comment', null, c.comments, null from all_tab_comments c
    where ${inRange('c.owner', 'c.table_name')} and c.comments is not null
    union all
    select c.table_name, 'column comment', c.column_name, c.comments, null from all_col_comments c
    where ${inRange('c.owner', 'c.table_name')} and c.comments is not null
    union all
    select i.table_name, 'identity', i.column_name, i.generation_type, null
    from all_tab_identity_cols i where ${inRange('i.owner', 'i.table_name')}
    union all
    select m.container_name, 'materialized', null, c.comments, null
    from all_mviews m, all_mview_comments c
    where ${inRange('m.owner', 'm.container_name')}
      and c.owner(+) = m.owner and c.mview_name(+) = m.mview_name
    union all
    select e.table_name, 'external', null, null, null from all_external_tables e
    where ${inRange('e.owner', 'e.table_name')}
    union all
    select p.table_name, 'partitioning', null, p.partitioning_type, null from all_part_tables p
    where ${inRange('p.owner', 'p.table_name')}
    union all
    select k.name, 'partition column', k.column_name, null, to_char(k.column_position)
    from all_part_key_columns k
    where ${inRange('k.owner', 'k.name')} and k.object_type = 'TABLE'`,

  constraints: `select c.table_name, c.constraint_name, c.constraint_type, c.r_owner,
      c.r_constraint_name, c.delete_rule, c.search_condition
    from all_constraints c
    where ${inRange('c.owner', 'c.table_name')} and c.constraint_type in ('P', 'U', 'R', 'C')
    order by c.constraint_name`,

  keyColumns: `select k.table_name, k.constraint_name, k.column_name from all_cons_columns k
    where ${inRange('k.owner', 'k.table_name')} and k.position is not null
    order by k.constraint_name, k.position`,

  /** Columns of the keys that foreign keys of the range lead to, wherever those are. */
  referenced: `select k.table_name, k.owner, k.constraint_name, k.column_name
    from all_cons_columns k
    where k.position is not null and (k.owner, k.constraint_name) in (
      select c.r_owner, c.r_constraint_name from all_constraints c
      where ${inRange('c.owner', 'c.table_name')} and c.constraint_type = 'R')
    order by k.owner, k.constraint_name, k.position`,

  indexes: `select i.table_name, i.owner, i.index_name, i.uniqueness, i.index_type from all_indexes i
    where ${inRange('i.table_owner', 'i.table_name')} and i.index_type <> 'LOB'
    order by i.owner, i.index_name`,

  indexColumns: `select k.table_name, k.index_owner, k.index_name, k.column_name, k.descend,
      e.column_expression
    from all_ind_columns k, all_ind_expressions e
    where ${inRange('k.table_owner', 'k.table_name')}
      and e.index_owner(+) = k.index_owner and e.index_name(+) = k.index_name
      and e.column_position(+) = k.column_position
    order by k.index_owner, k.index_name, k.column_position`,
} as const;
