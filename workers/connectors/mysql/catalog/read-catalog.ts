import type { CatalogTable } from '../../../../shared/catalog.ts';
import { ConnectionFailure } from '../../connector.ts';
import { readPortion, type PortionContext } from './portion-reader.ts';
import { groupSchemas, halve, type Portion, portionsBetween, type SchemaSize } from './portions.ts';
import type { Row } from '../session.ts';

/**
 * Every table of `database`, or of all schemas that the user can see, portion by portion: a portion
 * is what is in memory, and what the server keeps open for the next statement. Without snapshot on
 * MariaDB, whose catalog has none: a table that changes meanwhile may be read half changed.
 */
export async function* readTables(
  context: PortionContext,
  database: string | null,
): AsyncGenerator<CatalogTable> {
  const { session, limits, kind } = context;
  const sizes = await schemaSizes(context, database);
  const read = { tables: 0, columns: 0 };
  for (const group of groupSchemas(sizes, limits.portionTables, !kind.isVitess)) {
    const left = await portionsOf(context, group);
    for (let portion = left.shift(); portion; portion = left.shift()) {
      const result = await readPortion(context, portion);
      if (session.receivedBytes > limits.maxBytes) exceeded();
      if ('tooLarge' in result) {
        left.unshift(...halve(portion, result.tooLarge));
        continue;
      }
      for (const table of result.tables) {
        read.tables += 1;
        read.columns += table.columns.length;
        if (read.tables > limits.maxTables || read.columns > limits.maxColumns) exceeded();
        yield table;
      }
    }
  }
}

async function schemaSizes(
  { session, statements, limits, kind, timeoutMs }: PortionContext,
  database: string | null,
): Promise<SchemaSize[]> {
  const ask = { rows: limits.maxTables, timeoutMs };
  if (database !== null) return toSizes(await session.query(statements.tableCount(database), ask));
  if (!kind.isVitess) return toSizes(await session.query(statements.schemas(), ask));
  const sizes: SchemaSize[] = [];
  for (const [schema] of await session.query(statements.schemaNames(), ask)) {
    sizes.push(...toSizes(await session.query(statements.tableCount(schema ?? ''), ask)));
  }
  return sizes;
}

function toSizes(rows: readonly Row[]): SchemaSize[] {
  const sizes = new Map<string, number>();
  for (const [schema, count] of rows) {
    const tables = Number(count);
    if (typeof schema !== 'string' || !Number.isSafeInteger(tables) || sizes.has(schema)) refuse();
    sizes.set(schema, tables);
  }
  return [...sizes].map(([schema, tables]) => ({ schema, tables }));
}

/** Of a large schema only every so many names are kept, however many there are. */
async function portionsOf(
  { session, statements, limits, timeoutMs }: PortionContext,
  group: readonly SchemaSize[],
): Promise<Portion[]> {
  const [first] = group;
  if (!first) return [];
  if (group.length > 1 || first.tables <= limits.portionTables) {
    return [{ schemas: group.map(({ schema }) => schema), from: null, below: null }];
  }
  const names: string[] = [];
  let count = 0;
  const ask = { rows: limits.maxTables, timeoutMs };
  await session.stream(statements.tableNames(first.schema), ask, ([name]) => {
    if (typeof name !== 'string') refuse();
    if (count > 0 && count % limits.portionTables === 0) names.push(name);
    count += 1;
  });
  const inOrder = names.every((name, n) => {
    const before = names[n - 1];
    return before === undefined || Buffer.compare(Buffer.from(before), Buffer.from(name)) < 0;
  });
  if (!inOrder) refuse();
  return portionsBetween(first.schema, names);
}

function refuse(): never {
  throw new ConnectionFailure('PROTOCOL_ERROR');
}

function exceeded(): never {
  throw new ConnectionFailure('LIMIT_EXCEEDED');
}
