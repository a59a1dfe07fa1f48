import type { ServerUnderTest } from './conformance.ts';

/**
 * What the conformance suite asks of a stand-in whose "SQL" is tables in JSON: schema, name and columns
 * of each, as the stand-in holds them and as a connector has read them, in the same order.
 */
export function tablesInJson<Table extends { readonly schema: string; readonly name: string }>(
  tables: Table[],
  columnsOf: (table: Table) => readonly unknown[],
) {
  return {
    execute: (json: string): void => {
      tables.push(...(JSON.parse(json) as Table[]));
    },
    readBack: () => inOrder(tables.map((table) => [table.schema, table.name, columnsOf(table)])),
    summarize: (read) =>
      inOrder(read.map(({ schema, name, columns }) => [schema, name, columns.map((c) => c.name)])),
  } satisfies {
    execute: (json: string) => void;
    readBack: () => unknown;
    summarize: ServerUnderTest['summarize'];
  };
}

/** By what each begins with, as text. */
function inOrder(tables: readonly unknown[]): unknown[] {
  return tables.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
