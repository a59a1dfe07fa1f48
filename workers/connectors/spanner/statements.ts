/** A statement without parameters, and how many fields its rows have. */
export interface Statement {
  readonly text: string;
  readonly fields: number;
}

// The information schema is the same in databases of both dialects, but for the case of names, the words
// for true and false, and whether its numbers are counted from NULLs: "Information schema for
// GoogleSQL-dialect databases" and "... PostgreSQL-dialect databases". Texts are ordered by code point.
const isTheirs = (schema: string): string =>
  `${schema} not in ('INFORMATION_SCHEMA', 'SPANNER_SYS', 'information_schema', 'spanner_sys', 'pg_catalog')`;

/** GOOGLE_STANDARD_SQL or POSTGRESQL, as Google's own clients ask for it. */
export const dialectStatement: Statement = {
  fields: 1,
  text: `select option_value from information_schema.database_options
where option_name = 'database_dialect'`,
};

/** Schema, table, table type. A synonym is another name for a table that is there already. */
const tables: Statement = {
  fields: 3,
  text: `select t.table_schema, t.table_name, t.table_type
from information_schema.tables t
where ${isTheirs('t.table_schema')} and t.table_type <> 'SYNONYM'
order by t.table_schema, t.table_name`,
};

/** Schema, table, column, type, nullability, default, generation, its expression and storage, identity. */
const columns: Statement = {
  fields: 11,
  text: `select c.table_schema, c.table_name, c.column_name, c.spanner_type, c.is_nullable,
  c.column_default, c.is_generated, c.generation_expression, c.is_stored, c.is_identity,
  c.identity_generation
from information_schema.columns c
where ${isTheirs('c.table_schema')}
order by c.table_schema, c.table_name, c.ordinal_position`,
};

/** Schema, table, key, its type, column, and for foreign keys what they refer to and the rules for it. */
const keys: Statement = {
  fields: 10,
  text: `select k.table_schema, k.table_name, k.constraint_name, c.constraint_type, k.column_name,
  u.table_schema as to_schema, u.table_name as to_table, u.column_name as to_column, r.update_rule,
  r.delete_rule
from information_schema.key_column_usage k
join information_schema.table_constraints c
  on c.constraint_schema = k.constraint_schema and c.constraint_name = k.constraint_name
left join information_schema.referential_constraints r
  on r.constraint_schema = k.constraint_schema and r.constraint_name = k.constraint_name
left join information_schema.key_column_usage u
  on u.constraint_schema = r.unique_constraint_schema
  and u.constraint_name = r.unique_constraint_name
  and u.ordinal_position = k.position_in_unique_constraint
where ${isTheirs('k.table_schema')}
order by k.table_schema, k.table_name, k.constraint_name, k.ordinal_position`,
};

/** Schema, table, constraint, expression; without those that stand for NOT NULL. */
const checks: Statement = {
  fields: 4,
  text: `select c.table_schema, c.table_name, k.constraint_name, k.check_clause
from information_schema.check_constraints k
join information_schema.table_constraints c
  on c.constraint_schema = k.constraint_schema and c.constraint_name = k.constraint_name
where ${isTheirs('c.table_schema')} and substr(k.constraint_name, 1, 15) <> 'CK_IS_NOT_NULL_'
order by c.table_schema, c.table_name, k.constraint_name`,
};

/** Schema, table, index, its type, uniqueness, whether it leaves out NULLs, column, position, order. */
const indexes: Statement = {
  fields: 9,
  text: `select i.table_schema, i.table_name, i.index_name, i.index_type, i.is_unique,
  i.is_null_filtered, c.column_name, c.ordinal_position, c.column_ordering
from information_schema.indexes i
join information_schema.index_columns c
  on c.table_schema = i.table_schema and c.table_name = i.table_name
  and c.index_name = i.index_name and c.index_type = i.index_type
where ${isTheirs('i.table_schema')} and i.index_type <> 'PRIMARY_KEY'
order by i.table_schema, i.table_name, i.index_name, c.ordinal_position`,
};

/** What a catalog read asks for, all ordered by schema and table. */
export const catalogStatements = { tables, columns, keys, checks, indexes } as const;

/** The same over one row. */
export function oneRow({ text, fields }: Statement): Statement {
  return { text: `${text} limit 1`, fields };
}
