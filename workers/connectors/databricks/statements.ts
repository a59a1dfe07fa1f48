import type { Place } from '../in-pages.ts';
import type { Statement } from './session.ts';

// The values are parameters of the statement, never part of its text. Databricks compares strings by
// their bytes (collation UTF8_BINARY).
const after = (schema: string, table: string): string =>
  `(${schema} > :schema or (${schema} = :schema and ${table} > :table))`;
const upTo = (schema: string, table: string): string =>
  `(${schema} < :lastSchema or (${schema} = :lastSchema and ${table} <= :lastTable))`;

/** Schema, table, table type, comment: the tables that follow one, in order. */
export function tablesStatement([schema, table]: Place, limit: number): Statement {
  return {
    fields: 4,
    parameters: { schema, table },
    text: `select table_schema, table_name, table_type, comment
from information_schema.tables
where table_schema <> 'information_schema' and ${after('table_schema', 'table_name')}
order by table_schema, table_name limit ${limit}`,
  };
}

const range = (first: Place, last: Place) => ({
  ...{ schema: first[0], table: first[1] },
  ...{ lastSchema: last[0], lastTable: last[1] },
});

/**
 * Schema, table, column, type, nullability, default, comment, and the column's place among those that
 * the table is partitioned by: of the tables after one, up to another.
 */
export function columnsStatement(first: Place, last: Place): Statement {
  return {
    fields: 8,
    parameters: range(first, last),
    text: `select table_schema, table_name, column_name, full_data_type, is_nullable, column_default,
  comment, partition_index
from information_schema.columns
where ${after('table_schema', 'table_name')} and ${upTo('table_schema', 'table_name')}
order by table_schema, table_name, ordinal_position`,
  };
}

/**
 * Schema, table, key, its type, column, and for foreign keys what they refer to and the rules for it.
 * What a key in another catalog refers to is not in this one's information schema.
 */
export function keysStatement(first: Place, last: Place): Statement {
  return {
    fields: 10,
    parameters: range(first, last),
    text: `select k.table_schema, k.table_name, k.constraint_name, c.constraint_type, k.column_name,
  u.table_schema, u.table_name, u.column_name, r.update_rule, r.delete_rule
from information_schema.key_column_usage k
join information_schema.table_constraints c
  on c.constraint_schema = k.constraint_schema and c.constraint_name = k.constraint_name
  and c.table_schema = k.table_schema and c.table_name = k.table_name
left join information_schema.referential_constraints r
  on r.constraint_schema = k.constraint_schema and r.constraint_name = k.constraint_name
left join information_schema.key_column_usage u
  on u.constraint_catalog = r.unique_constraint_catalog
  and u.constraint_schema = r.unique_constraint_schema
  and u.constraint_name = r.unique_constraint_name
  and u.ordinal_position = k.position_in_unique_constraint
where ${after('k.table_schema', 'k.table_name')} and ${upTo('k.table_schema', 'k.table_name')}
order by k.table_schema, k.table_name, k.constraint_name, k.ordinal_position`,
  };
}
