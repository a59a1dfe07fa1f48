import { DuckDBInstance } from '@duckdb/node-api';

/** Runs statements in a DuckDB file, made if it is not there, and leaves it closed and complete. */
export async function writeDuckdb(file: string, statements: string): Promise<void> {
  const database = await DuckDBInstance.create(file);
  try {
    const connection = await database.connect();
    await connection.run(statements);
    // Only what is in the file itself, and in none beside it, is there for sure.
    await connection.run('checkpoint');
    connection.closeSync();
  } finally {
    database.closeSync();
  }
}

/** The rows of a query, of a file that nobody else has open in this process. */
export async function queryDuckdb(file: string, query: string): Promise<unknown[][]> {
  const database = await DuckDBInstance.create(file, { access_mode: 'READ_ONLY' });
  try {
    const connection = await database.connect();
    return (await connection.runAndReadAll(query)).getRowsJson();
  } finally {
    database.closeSync();
  }
}
