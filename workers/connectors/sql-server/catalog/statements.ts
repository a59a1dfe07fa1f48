import type { Statement } from '../session.ts';

/*
 * Flat statements over the catalog views, each by a range of object_id, which is what SQL Server keeps
 * them in the order of. Every field is NVARCHAR, the only type that the gate lets through. Source:
 * Microsoft documentation, "System catalog views (Transact-SQL)".
 */

/** Waits for locks end before our own deadline; in a deadlock it is us who give way. */
export function settingsStatement(timeoutMs: number): Statement {
  const lockMs = Math.floor(timeoutMs * 0.9);
  return {
    text: `set nocount on; set lock_timeout ${lockMs}; set deadlock_priority low`,
    columns: 0,
  };
}

export const versionStatement: Statement = {
  text: `select convert(nvarchar(128), serverproperty('ProductVersion')),
      convert(nvarchar(128), serverproperty('Edition')),
      convert(nvarchar(128), serverproperty('EngineEdition'))`,
  columns: 3,
};

/** SQL Server 2016, where external tables came; and what is not installed but a service, from Azure SQL on. */
const [firstWithExternal, firstService] = [13, 5];

const number = (expression: string): string => `convert(nvarchar(20), ${expression})`;
const text = (expression: string): string => `convert(nvarchar(max), ${expression})`;

/** User tables and views, of which there are columns, indexes and keys. */
const ours = (alias: string): string =>
  `${alias}.type in ('U', 'V') and ${alias}.is_ms_shipped = 0`;

const comment = (alias: string, id: string, column: string): string => `left join
      sys.extended_properties ${alias} on ${alias}.class = 1 and ${alias}.major_id = ${id}
      and ${alias}.minor_id = ${column} and ${alias}.name = N'MS_Description'`;

export type PartName = 'columns' | 'indexes' | 'foreignKeys' | 'checks';

/** Makes the statements of one server. */
export class Statements {
  readonly #hasExternal: boolean;

  /** Of its version, whose first number is 12 for Azure SQL whatever that can do, and of its edition. */
  constructor(major: number, engineEdition: number) {
    this.#hasExternal = major >= firstWithExternal || engineEdition >= firstService;
  }

  /** The first `count` tables after an object_id, in their order. */
  tables(after: number, count: number): Statement {
    // 'External' is no column of sys.tables before 2016, where naming it would be an error.
    const external = this.#hasExternal
      ? `(select t.is_external from sys.tables t where t.object_id = o.object_id)`
      : '0';
    return {
      columns: 9,
      numbers: { after, count },
      text: `select top (@count) ${number('o.object_id')}, convert(nvarchar(128), s.name),
      convert(nvarchar(128), o.name), convert(nvarchar(2), o.type), ${text('e.value')},
      ${number('(select sum(p.rows) from sys.partitions p where p.object_id = o.object_id and p.index_id in (0, 1))')},
      ${number(external)},
      ${number('(select count(*) from sys.indexes i where i.object_id = o.object_id and i.index_id = 1)')},
      (select top (1) convert(nvarchar(128), c.name) from sys.indexes i
        join sys.partition_schemes d on d.data_space_id = i.data_space_id
        join sys.index_columns k on k.object_id = i.object_id and k.index_id = i.index_id
          and k.partition_ordinal = 1
        join sys.columns c on c.object_id = k.object_id and c.column_id = k.column_id
        where i.object_id = o.object_id and i.index_id in (0, 1))
    from sys.objects o join sys.schemas s on s.schema_id = o.schema_id
    ${comment('e', 'o.object_id', '0')}
    where ${ours('o')} and o.object_id > @after order by o.object_id`,
    };
  }

  /** What belongs to the tables after one object_id, up to another one. */
  parts(after: number, upTo: number): { readonly [part in PartName]: Statement } {
    const numbers = { after, upTo };
    return {
      columns: { columns: 14, numbers, text: columns },
      indexes: { columns: 13, numbers, text: indexes },
      foreignKeys: { columns: 9, numbers, text: foreignKeys },
      checks: { columns: 3, numbers, text: checks },
    };
  }
}

const columns = `select ${number('c.object_id')}, ${number('c.column_id')},
      convert(nvarchar(128), c.name), convert(nvarchar(128), t.name),
      case when t.is_user_defined = 1 then convert(nvarchar(128), s.name) end,
      ${number('c.max_length')}, ${number('c.precision')}, ${number('c.scale')},
      ${number('c.is_nullable')}, ${text('d.definition')}, ${text('e.value')},
      ${text('k.definition')}, ${number('k.is_persisted')}, ${number('c.is_identity')}
    from sys.columns c join sys.objects o on o.object_id = c.object_id
    join sys.types t on t.user_type_id = c.user_type_id
    join sys.schemas s on s.schema_id = t.schema_id
    left join sys.default_constraints d on d.object_id = c.default_object_id
    left join sys.computed_columns k on k.object_id = c.object_id and k.column_id = c.column_id
    ${comment('e', 'c.object_id', 'c.column_id')}
    where c.object_id > @after and c.object_id <= @upTo and ${ours('o')}
    order by c.object_id, c.column_id`;

const indexes = `select ${number('i.object_id')}, ${number('i.index_id')},
      convert(nvarchar(128), i.name), ${number('i.is_unique')}, ${number('i.is_primary_key')},
      ${number('i.is_unique_constraint')}, convert(nvarchar(60), i.type_desc),
      ${text('i.filter_definition')}, ${number('k.index_column_id')}, ${number('k.key_ordinal')},
      ${number('k.is_included_column')}, ${number('k.is_descending_key')},
      convert(nvarchar(128), c.name)
    from sys.indexes i join sys.objects o on o.object_id = i.object_id
    join sys.index_columns k on k.object_id = i.object_id and k.index_id = i.index_id
    join sys.columns c on c.object_id = k.object_id and c.column_id = k.column_id
    where i.object_id > @after and i.object_id <= @upTo and ${ours('o')} and i.is_hypothetical = 0
    order by i.object_id, i.index_id, k.key_ordinal, k.index_column_id`;

const foreignKeys = `select ${number('f.parent_object_id')}, convert(nvarchar(128), f.name),
      ${number('k.constraint_column_id')}, convert(nvarchar(128), c.name),
      convert(nvarchar(128), s.name), convert(nvarchar(128), o.name), convert(nvarchar(128), r.name),
      convert(nvarchar(60), f.update_referential_action_desc),
      convert(nvarchar(60), f.delete_referential_action_desc)
    from sys.foreign_keys f
    join sys.foreign_key_columns k on k.constraint_object_id = f.object_id
    join sys.columns c on c.object_id = k.parent_object_id and c.column_id = k.parent_column_id
    join sys.objects o on o.object_id = k.referenced_object_id
    join sys.schemas s on s.schema_id = o.schema_id
    join sys.columns r on r.object_id = k.referenced_object_id
      and r.column_id = k.referenced_column_id
    where f.parent_object_id > @after and f.parent_object_id <= @upTo
    order by f.parent_object_id, f.object_id, k.constraint_column_id`;

/** A user without the right to see definitions gets null for a check's own. */
const checks = `select ${number('k.parent_object_id')}, convert(nvarchar(128), k.name),
      ${text('k.definition')}
    from sys.check_constraints k
    where k.parent_object_id > @after and k.parent_object_id <= @upTo
    order by k.parent_object_id, k.object_id`;
