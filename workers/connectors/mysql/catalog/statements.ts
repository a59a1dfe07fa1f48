import type { Portion } from './portions.ts';
import type { ServerKind } from '../server-kind.ts';

/** For every session, before anything is read. */
export const readOnlyStatement = 'set session transaction read only';

/** Its answer is the server's own word that nothing can be written; the name changed in 5.7.20. */
export const readOnlyProofStatement = "show session variables like 't%_read_only'";

/**
 * A snapshot where the engine has one for its catalog: MySQL 8 keeps it in InnoDB. Vitess ends
 * transactions after 20 s, so a read of PlanetScale goes without.
 */
export const beginStatement = 'start transaction read only';

export const versionStatement = 'select version()';

/**
 * MariaDB's own deadlines, in seconds; MySQL's are in each statement's hint. The wait for locks must
 * not end before the statement: information_schema would leave out what it could not lock.
 */
export function mariadbDeadlines(timeoutMs: number): string {
  const seconds = timeoutMs / 1_000;
  const lockSeconds = Math.ceil(seconds) + 60;
  return `set session max_statement_time = ${seconds}, lock_wait_timeout = ${lockSeconds}`;
}

const systemSchemas = ['information_schema', 'mysql', 'performance_schema', 'sys', '_vt'];

const notSystem = (column: string): string =>
  `lower(${column}) not in (${systemSchemas.map((name) => `'${name}'`).join(', ')})`;

/** Makes the statements of one server, each ending by itself on the server after `timeoutMs`. */
export class Statements {
  readonly #kind: ServerKind;
  readonly #select: string;

  constructor(kind: ServerKind, timeoutMs: number) {
    this.#kind = kind;
    // Honoured by MySQL from 5.7.8 on and by Vitess; a comment for everybody else.
    this.#select = kind.isMariadb ? 'select' : `select /*+ max_execution_time(${timeoutMs}) */`;
  }

  /** Every schema with tables, with how many; names alone are read, no table is opened. */
  schemas(): string {
    return `${this.#select} table_schema, count(*) from information_schema.tables
      where ${notSystem('table_schema')} group by table_schema`;
  }

  schemaNames(): string {
    return `${this.#select} schema_name from information_schema.schemata
      where ${notSystem('schema_name')}`;
  }

  tableCount(schema: string): string {
    return `${this.#select} table_schema, count(*) from information_schema.tables
      where table_schema = ${literal(schema)} group by table_schema`;
  }

  /** Names of one schema in the order of their bytes. */
  tableNames(schema: string, rows?: number): string {
    return `${this.#select} table_name from information_schema.tables
      where table_schema = ${literal(schema)}
      ${rows === undefined ? 'order by cast(table_name as binary)' : `limit ${rows}`}`;
  }

  /** Tables and views: schema, name, type, engine, rows, comment. */
  tables(portion: Portion): string {
    return `${this.#select} table_schema, table_name, table_type, engine, table_rows, table_comment
      from information_schema.tables where ${condition(portion, 'table_schema')}`;
  }

  columns(portion: Portion): string {
    return `${this.#select} table_schema, table_name, ordinal_position, column_name, column_type,
        is_nullable, column_default, extra, column_comment, generation_expression, data_type
      from information_schema.columns where ${condition(portion, 'table_schema')}`;
  }

  /** Key parts of indexes, those behind keys included. */
  indexes(portion: Portion): string {
    const expression = this.#kind.hasIndexExpressions ? 'expression' : 'null';
    return `${this.#select} table_schema, table_name, index_name, seq_in_index, column_name,
        non_unique, collation, sub_part, index_type, ${expression}
      from information_schema.statistics where ${condition(portion, 'table_schema')}`;
  }

  /** Columns of foreign keys. */
  foreignKeys(portion: Portion): string {
    return `${this.#select} table_schema, table_name, constraint_name, ordinal_position, column_name,
        referenced_table_schema, referenced_table_name, referenced_column_name
      from information_schema.key_column_usage
      where ${condition(portion, 'table_schema')} and referenced_table_name is not null`;
  }

  foreignKeyRules(portion: Portion): string {
    return `${this.#select} constraint_schema, table_name, constraint_name, update_rule, delete_rule
      from information_schema.referential_constraints
      where ${condition(portion, 'constraint_schema')}`;
  }

  /** Which table a check is on, and its name: MySQL keeps its clause elsewhere. */
  checks(portion: Portion): string | null {
    if (!this.#kind.hasChecks) return null;
    return this.#kind.isMariadb
      ? `${this.#select} constraint_schema, table_name, constraint_name, check_clause
          from information_schema.check_constraints
          where ${condition(portion, 'constraint_schema')}`
      : `${this.#select} table_schema, table_name, constraint_name, null
          from information_schema.table_constraints
          where ${condition(portion, 'table_schema')} and constraint_type = 'CHECK'`;
  }

  /** MySQL's clauses, by the name of the check, which is unique in its schema. */
  checkClauses(schema: string): string | null {
    if (!this.#kind.hasChecks || this.#kind.isMariadb) return null;
    return `${this.#select} constraint_schema, constraint_name, check_clause
      from information_schema.check_constraints where constraint_schema = ${literal(schema)}`;
  }

  /** How tables are partitioned: a row for every partition, all with the same key. */
  partitionKeys(portion: Portion): string {
    return `${this.#select} distinct table_schema, table_name, partition_method,
        partition_expression, subpartition_method, subpartition_expression
      from information_schema.partitions
      where ${condition(portion, 'table_schema')} and partition_method is not null`;
  }
}

/**
 * The condition for the tables of a portion. One schema by equality: MariaDB and Vitess then look
 * at no other. Ranges of names by their bytes: the collations of these columns differ.
 */
function condition({ schemas, from, below, only: table }: Portion, schemaColumn: string): string {
  const [only] = schemas;
  const list = schemas.map(literal).join(', ');
  const parts = [
    schemas.length === 1 && only !== undefined
      ? `${schemaColumn} = ${literal(only)}`
      : `${schemaColumn} in (${list})`,
    ...(table === undefined ? [] : [`table_name = ${literal(table)}`]),
    ...(from === null ? [] : [`cast(table_name as binary) >= ${bytes(from)}`]),
    ...(below === null ? [] : [`cast(table_name as binary) < ${bytes(below)}`]),
  ];
  return parts.join(' and ');
}

/** As hexadecimal digits nothing in a name has a meaning, whatever the session's sql_mode is. */
function bytes(text: string): string {
  return `0x${Buffer.from(text).toString('hex')}`;
}

/** Names are UTF-8 of three bytes at most. Plain ones are quoted: Vitess routes by them. */
function literal(name: string): string {
  return /^[\w$ -]+$/.test(name) ? `'${name}'` : `_utf8 ${bytes(name)}`;
}
