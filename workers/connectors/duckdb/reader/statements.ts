/**
 * The statements of a catalog, every value a text, ordered by the bytes of schema and table. The text
 * of a view is never asked for: it may hold credentials, and nothing here runs or binds it.
 */
export const catalogStatements = {
  /** Schema, table, kind, comment, row estimate, and the text of a table with generated columns. */
  tables: `select schema_name, table_name, 'table', comment, estimated_size::varchar,
  case when contains(sql, 'GENERATED ALWAYS AS') then sql end
from duckdb_tables() where database_name = current_database() and not internal and not temporary
union all
select schema_name, view_name, 'view', comment, null, null
from duckdb_views() where database_name = current_database() and not internal and not temporary
order by all`,
  /** Schema, table, column, type, whether nullable, default, comment. */
  columns: `select schema_name, table_name, column_name, data_type, is_nullable::varchar,
  column_default, comment
from duckdb_columns() where database_name = current_database() and not internal
order by schema_name, table_name, column_index`,
  /** Schema, table, type, name, columns, referenced table, referenced columns, expression. */
  constraints: `select schema_name, table_name, constraint_type, constraint_name,
  to_json(constraint_column_names)::varchar, referenced_table,
  to_json(referenced_column_names)::varchar, expression
from duckdb_constraints()
where database_name = current_database() and constraint_type <> 'NOT NULL'
order by schema_name, table_name, constraint_index`,
  /** Schema, table, index, whether unique, expressions, statement. */
  indexes: `select schema_name, table_name, index_name, is_unique::varchar,
  to_json(expressions::varchar[])::varchar, sql
from duckdb_indexes() where database_name = current_database()
order by schema_name, table_name, index_name`,
} as const;
