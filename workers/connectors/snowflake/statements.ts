import type { Place } from '../in-pages.ts';

/** A statement and the values of its question marks, all of them text. */
export interface Statement {
  readonly text: string;
  /** What its rows have to have, in this order; any others are left out. */
  readonly columns: readonly string[];
  readonly values?: readonly string[];
  /** Whether it is answered by itself, without a handle before that: it is over at once. */
  readonly isInstant?: true;
  /** Whether it runs without database and warehouse, whatever is wrong with them. */
  readonly isBare?: true;
}

/** Shows that a sign-in is good. */
export const proofStatement: Statement = {
  columns: ['ONE'],
  isInstant: true,
  isBare: true,
  text: 'select 1 as one',
};

/** Answered without a warehouse, as every constant is. */
export const contextStatement: Statement = {
  columns: ['VERSION', 'DATABASE', 'WAREHOUSE'],
  isInstant: true,
  text: `select current_version() as version, current_database() as database,
  current_warehouse() as warehouse`,
};

/** Needs no warehouse either. */
export const warehousesStatement: Statement = {
  columns: ['name', 'state'],
  isInstant: true,
  text: 'show warehouses',
};

// The values are bound, never part of the text. Snowflake compares text by its UTF-8 bytes.
const after = '(table_schema > ? or (table_schema = ? and table_name > ?))';
const upTo = '(table_schema < ? or (table_schema = ? and table_name <= ?))';
const triple = ([schema, table]: Place): string[] => [schema, schema, table];

/** The tables that follow one, in order. */
export function tablesStatement(first: Place, limit: number): Statement {
  return {
    columns: ['TABLE_SCHEMA', 'TABLE_NAME', 'TABLE_TYPE', 'ROW_COUNT', 'COMMENT'],
    values: triple(first),
    text: `select table_schema, table_name, table_type, row_count, comment
from information_schema.tables
where table_schema <> 'INFORMATION_SCHEMA' and ${after}
order by table_schema, table_name limit ${limit}`,
  };
}

/** The columns of the tables after one, up to another. */
export function columnsStatement(first: Place, last: Place): Statement {
  return {
    columns: [
      ...['TABLE_SCHEMA', 'TABLE_NAME', 'COLUMN_NAME', 'DATA_TYPE', 'CHARACTER_MAXIMUM_LENGTH'],
      ...['NUMERIC_PRECISION', 'NUMERIC_SCALE', 'DATETIME_PRECISION', 'IS_NULLABLE'],
      ...['COLUMN_DEFAULT', 'IS_IDENTITY', 'COMMENT'],
    ],
    values: [...triple(first), ...triple(last)],
    text: `select table_schema, table_name, column_name, data_type, character_maximum_length,
  numeric_precision, numeric_scale, datetime_precision, is_nullable, column_default, is_identity,
  comment
from information_schema.columns
where table_schema <> 'INFORMATION_SCHEMA' and ${after} and ${upTo}
order by table_schema, table_name, ordinal_position`,
  };
}

export type KeyKind = 'primary' | 'unique' | 'imported';

/** `show ... keys` of a database, a schema or a table, whose name is given as it is safe in SQL. */
export function keysStatement(
  kind: KeyKind,
  within: 'database' | 'schema' | 'table',
  name: string,
): Statement {
  const columns =
    kind === 'imported'
      ? [
          ...['fk_schema_name', 'fk_table_name', 'fk_name', 'key_sequence', 'fk_column_name'],
          ...['pk_database_name', 'fk_database_name', 'pk_schema_name', 'pk_table_name'],
          ...['pk_column_name', 'update_rule', 'delete_rule'],
        ]
      : ['schema_name', 'table_name', 'constraint_name', 'key_sequence', 'column_name'];
  return { columns, text: `show ${kind} keys in ${within} ${name}` };
}
