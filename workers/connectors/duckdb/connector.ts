import type { CatalogTable } from '../../../shared/catalog.ts';
import { isDatabaseFileName } from '../../../shared/database-file.ts';
import {
  ConnectionFailure,
  type Connector,
  type ConnectionTarget,
  type ProbeReport,
} from '../connector.ts';
import { defaultCatalogLimits } from '../limits.ts';
import { probeBySteps } from '../probe-steps.ts';
import { defaultDeadlines, defaultReaderLimits, type DuckdbSettings } from './settings.ts';
import type { ReaderRequest } from './messages.ts';
import { Reader } from './reader-process.ts';

const defaults: Omit<DuckdbSettings, 'root'> = {
  deadlines: defaultDeadlines,
  limits: defaultCatalogLimits,
  reader: defaultReaderLimits,
  nodeOptions: [],
};

/**
 * The connector of DUCKDB: `databaseName` is a file below the operator's folder, opened read-only by
 * a process of its own, because the engine is native code and the file is hostile input. There is no
 * server: no address, no sign-in, no TLS, and no step of a probe that pretends so.
 */
export function createDuckdbConnector(
  given: Pick<DuckdbSettings, 'root'> & Partial<DuckdbSettings>,
): Connector {
  const settings = { ...defaults, ...given };
  return {
    probe: (target, signal) => probe(target, settings, signal),
    readCatalog: (target, signal) => readCatalog(target, settings, signal),
  };
}

function probe(
  target: ConnectionTarget,
  settings: DuckdbSettings,
  signal: AbortSignal,
): Promise<ProbeReport> {
  const { queryMs, proveMs } = settings.deadlines;
  return probeBySteps(async (step) => {
    const reader = await step('open', () => openReader(target, 'prove', settings, signal));
    try {
      const { version } = await step('query', () => reader.receive('answered', queryMs));
      await step('catalog', () => reader.receive('proved', proveMs));
      return `DuckDB ${version}`;
    } finally {
      await reader.close();
    }
  });
}

async function* readCatalog(
  target: ConnectionTarget,
  settings: DuckdbSettings,
  signal: AbortSignal,
): AsyncGenerator<CatalogTable> {
  const { limits, deadlines } = settings;
  const reader = await openReader(target, 'read', settings, signal);
  const read = { tables: 0, columns: 0 };
  try {
    await reader.receive('answered', deadlines.queryMs);
    for (;;) {
      const message = await reader.receiveEither('table', 'end', deadlines.tableMs);
      if (message.is === 'end') break;
      read.tables += 1;
      read.columns += message.table.columns.length;
      if (read.tables > limits.maxTables || read.columns > limits.maxColumns) {
        throw new ConnectionFailure('LIMIT_EXCEEDED');
      }
      yield message.table;
    }
  } finally {
    await reader.close();
  }
}

/** A reader that has the file open. Throws ConnectionFailure, and nothing is left running then. */
async function openReader(
  { connection }: ConnectionTarget,
  work: ReaderRequest['work'],
  settings: DuckdbSettings,
  signal: AbortSignal,
): Promise<Reader> {
  const name = connection.databaseName;
  // The API does not let a connection in that has none.
  if (name === null) throw new ConnectionFailure('INTERNAL_ERROR');
  // The reader looks again, and at what only the disk can tell; this saves a process.
  if (!isDatabaseFileName(name)) throw new ConnectionFailure('FILE_NOT_ALLOWED');
  const reader = new Reader({ name, work }, settings, signal);
  try {
    await reader.receive('opened', settings.deadlines.openMs);
    return reader;
  } catch (error) {
    await reader.close();
    throw error;
  }
}
