import type { DuckDBConnection, DuckDBInstance, DuckDBValue } from '@duckdb/node-api';
import { ConnectionFailure } from '../../connector.ts';
import type { Row } from '../../ordered-rows.ts';
import type { ReaderRequest } from '../messages.ts';
import { engineFailure } from './failures.ts';

/**
 * The configuration, in the order in which the engine takes it: after the last two nothing can be
 * changed, loaded, attached, read or written but the file itself. With an empty folder for temporary
 * files nothing is spilled.
 */
export const configuration = {
  access_mode: 'READ_ONLY',
  threads: '1',
  temp_directory: '',
  allow_persistent_secrets: 'false',
  allow_community_extensions: 'false',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  enable_external_access: 'false',
  lock_configuration: 'true',
} as const;

/** Throws ConnectionFailure: DRIVER_MISSING, or what the engine has against the file. */
export async function openDatabase(
  file: string,
  { engineMemoryMiB }: Pick<ReaderRequest, 'engineMemoryMiB'>,
): Promise<Database> {
  // An optional dependency: 70 MB for one dialect.
  const driver = await import('@duckdb/node-api').catch(() => {
    throw new ConnectionFailure('DRIVER_MISSING');
  });
  try {
    const memory = { memory_limit: `${engineMemoryMiB}MiB` };
    return new Database(await driver.DuckDBInstance.create(file, { ...memory, ...configuration }));
  } catch (error) {
    throw engineFailure(error);
  }
}

/** An open file. Throws ConnectionFailure and nothing else. */
export class Database {
  readonly #instance: DuckDBInstance;
  /** One per statement, for as long as the process lives: closing one would end its rows. */
  readonly #connections: DuckDBConnection[] = [];

  constructor(instance: DuckDBInstance) {
    this.#instance = instance;
  }

  /** The engine's version, once it has said itself that it is locked and can write nothing. */
  async provenVersion(): Promise<string> {
    const rows = await Array.fromAsync(this.rows(proof));
    const [version, isReadOnly, access, lock] = rows[0]?.[0] ?? [];
    if (isReadOnly !== 'true' || access !== 'false' || lock !== 'true') {
      throw new ConnectionFailure('INTERNAL_ERROR');
    }
    return version ?? '';
  }

  /** The rows of a statement in portions, every value as text. */
  async *rows(statement: string): AsyncGenerator<Row[]> {
    try {
      const connection = await this.#instance.connect();
      this.#connections.push(connection);
      const result = await connection.stream(statement);
      for (;;) {
        const chunk = await result.fetchChunk();
        if (!chunk || chunk.rowCount === 0) return;
        yield chunk.getRows().map((row) => row.map(toText));
      }
    } catch (error) {
      throw engineFailure(error);
    }
  }
}

const proof = `select version(), (select readonly from duckdb_databases() where database_name = current_database())::varchar,
  current_setting('enable_external_access')::varchar, current_setting('lock_configuration')::varchar`;

/** The statements ask for texts, and for lists as JSON. */
function toText(value: DuckDBValue): string | null {
  if (value === null || typeof value === 'string') return value;
  throw new ConnectionFailure('INTERNAL_ERROR');
}
