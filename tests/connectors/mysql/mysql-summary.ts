import type { Connection as Client, RowDataPacket } from 'mysql2/promise';
import type { CatalogTable } from '../../../shared/catalog.ts';

/** SHOW reads through other code than information_schema's filters and joins. */
export async function readBack(root: Client): Promise<unknown> {
  const list = async (sql: string): Promise<string[][]> => {
    const [rows] = await root.query<RowDataPacket[][]>({ sql, rowsAsArray: true });
    return rows.map((row) => row.map(String));
  };
  const columns: unknown[] = [];
  const indexes: unknown[] = [];
  const own = ['information_schema', 'mysql', 'performance_schema', 'sys'];
  for (const [schema = ''] of await list('show databases')) {
    if (own.includes(schema)) continue;
    const quoted = quote(schema);
    for (const [table = '', type] of await list(`show full tables from ${quoted}`)) {
      if (type === 'SEQUENCE' || table === 'broken') continue;
      const at = `${quoted}.${quote(table)}`;
      for (const [name, columnType, nullable] of await list(`show columns from ${at}`)) {
        columns.push([schema, table, name, columnType, nullable]);
      }
      for (const [, unique, name, , column, , , prefix] of await list(`show index from ${at}`)) {
        indexes.push([
          schema,
          table,
          name,
          unique,
          prefix === 'null' && column !== 'null' ? column : '(part)',
        ]);
      }
    }
  }
  const keys = await list(
    "select concat(constraint_schema, '.', table_name), count(*) from information_schema.table_constraints where constraint_schema like 'large%' and constraint_type = 'FOREIGN KEY' group by 1",
  );
  return { columns: sorted(columns), indexes: sorted(indexes), keys: sorted(keys) };
}

/** What the statements above say, out of our own catalog. */
export function summarize(tables: readonly CatalogTable[]): unknown {
  const large = tables.filter(({ schema }) => schema.startsWith('large'));
  const counts = large
    .filter(({ foreignKeys }) => foreignKeys.length > 0)
    .map(({ schema, name, foreignKeys }) => [`${schema}.${name}`, `${foreignKeys.length}`]);
  return {
    columns: sorted(
      tables.flatMap(({ schema, name, columns }) =>
        columns.map((column) => [
          schema,
          name,
          column.name,
          column.type,
          column.nullable ? 'YES' : 'NO',
        ]),
      ),
    ),
    indexes: sorted(
      tables.flatMap(({ schema, name, indexes }) =>
        indexes.flatMap((index) =>
          index.columns.map((part) => {
            const hasLength = part.name === null || index.method === 'spatial';
            const column = hasLength ? '(part)' : part.name;
            return [schema, name, index.name, index.unique ? '0' : '1', column];
          }),
        ),
      ),
    ),
    keys: sorted(counts),
  };
}

function sorted(rows: readonly unknown[]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort();
}

function quote(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
