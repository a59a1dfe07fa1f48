type Row = readonly (string | null)[];

/** A table with the rows of the information schema and of SHOW that belong to it. */
export interface SnowflakeTable {
  readonly schema: string;
  readonly name: string;
  readonly type: string;
  readonly rowCount: string | null;
  readonly comment: string | null;
  /** Name, data type, length, precision, scale, fraction, nullable, default, identity, comment. */
  readonly columns: readonly Row[];
  /** Name, sequence, column. */
  readonly primary: readonly Row[];
  readonly unique: readonly Row[];
  /** Name, sequence, column, referenced database, schema, table and column, update and delete rule. */
  readonly imported: readonly Row[];
}

export interface Result {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

export interface StatementState {
  readonly database: string;
  readonly warehouses: ReadonlyMap<string, string>;
  readonly tables: readonly SnowflakeTable[];
  readonly showRows: number;
}

export interface Asked {
  readonly values: readonly string[];
  readonly database?: string | undefined;
  readonly warehouse?: string | undefined;
}

interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** What a statement of ours results in. It knows them by the words that they begin with. */
export function evaluate(state: StatementState, text: string, asked: Asked): Result | Refusal {
  const database = asked.database === undefined ? state.database : asked.database;
  const exists = database === state.database;
  const warehouse = asked.warehouse ?? [...state.warehouses.keys()][0] ?? '';
  const usable = state.warehouses.has(warehouse);
  if (text === 'select 1 as one') return { columns: ['ONE'], rows: [['1']] };
  if (text.startsWith('select current_version()')) {
    const row = ['9.30.1', exists ? database : null, usable ? warehouse : null];
    return { columns: ['VERSION', 'DATABASE', 'WAREHOUSE'], rows: [row] };
  }
  if (text === 'show warehouses') {
    const rows = [...state.warehouses].map(([name, running]) => [
      name,
      running,
      'STANDARD',
      'X-Small',
    ]);
    return { columns: ['name', 'state', 'type', 'size'], rows };
  }
  const show = /^show (primary|unique|imported) keys in (database|schema|table) (.+)$/s.exec(text);
  if (show) return showKeys(state, show[1] ?? '', namesIn(show[3] ?? ''));
  if (!exists) return { code: '002003', message: `Database '${database}' does not exist.` };
  if (!usable) return { code: '000606', message: 'No active warehouse selected.' };
  return informationSchema(state, text, asked.values);
}

const namesIn = (path: string): string[] =>
  [...path.matchAll(/"((?:[^"]|"")*)"/g)].map(([, name]) => (name ?? '').replaceAll('""', '"'));

/** SHOW ... KEYS, with all of their documented columns, ordered by schema, table and sequence. */
function showKeys(
  state: StatementState,
  kind: string,
  [database, schema, table]: string[],
): Result | Refusal {
  if (database !== state.database) {
    return { code: '002043', message: 'Object does not exist, or operation cannot be performed.' };
  }
  const created = '1763755200.000';
  const rows = inOrder(state.tables)
    .filter((one) => schema === undefined || one.schema === schema)
    .filter((one) => table === undefined || one.name === table)
    .flatMap((one): Row[] => {
      const place = [database, one.schema, one.name];
      if (kind !== 'imported') {
        return (kind === 'primary' ? one.primary : one.unique).map(
          ([name = null, sequence = null, column = null]) => [
            ...[created, ...place, column, sequence, name, 'false', null],
          ],
        );
      }
      return one.imported.map(([name, sequence, column, ...to]) =>
        [
          ...[created, ...to.slice(0, 4), ...place, column, sequence, ...to.slice(4), name],
          ...['PK', 'NOT DEFERRABLE', 'false', null],
        ].map((field) => field ?? null),
      );
    });
  const columns =
    kind === 'imported'
      ? [
          ...['created_on', 'pk_database_name', 'pk_schema_name', 'pk_table_name'],
          ...['pk_column_name', 'fk_database_name', 'fk_schema_name', 'fk_table_name'],
          ...['fk_column_name', 'key_sequence', 'update_rule', 'delete_rule', 'fk_name'],
          ...['pk_name', 'deferrability', 'rely', 'comment'],
        ]
      : [
          ...['created_on', 'database_name', 'schema_name', 'table_name', 'column_name'],
          ...['key_sequence', 'constraint_name', 'rely', 'comment'],
        ];
  return { columns, rows: rows.slice(0, state.showRows) };
}

function informationSchema(
  state: StatementState,
  text: string,
  values: readonly string[],
): Result | Refusal {
  const relation = /from information_schema\.(tables|columns)/.exec(text)?.[1];
  if (!relation) return { code: '001003', message: 'SQL compilation error' };
  const [, schema = '', table = '', , lastSchema, lastTable = ''] = values;
  const found = inOrder(state.tables)
    .filter((one) => compare([one.schema, one.name], [schema, table]) > 0)
    .filter(
      (one) =>
        lastSchema === undefined || compare([one.schema, one.name], [lastSchema, lastTable]) <= 0,
    );
  const limit = Number(/limit (\d+)$/.exec(text)?.[1] ?? Infinity);
  const rows = found.flatMap((one): Row[] =>
    relation === 'tables'
      ? [[one.schema, one.name, one.type, one.rowCount, one.comment]]
      : one.columns.map((column) => [one.schema, one.name, ...column]),
  );
  const selected = /^select ([\s\S]+?)\s+from /.exec(text)?.[1] ?? '';
  return {
    columns: selected.split(/,\s+/).map((name) => name.toUpperCase()),
    rows: rows.slice(0, limit),
  };
}

function inOrder(tables: readonly SnowflakeTable[]): SnowflakeTable[] {
  return tables.toSorted((a, b) => compare([a.schema, a.name], [b.schema, b.name]));
}

/** By bytes, as Snowflake compares text. */
function compare(a: readonly [string, string], b: readonly [string, string]): number {
  const bytes = (one: string, other: string) =>
    Buffer.compare(Buffer.from(one), Buffer.from(other));
  return bytes(a[0], b[0]) || bytes(a[1], b[1]);
}
