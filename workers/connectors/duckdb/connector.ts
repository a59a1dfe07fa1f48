import type { CatalogTable } from '../../../shared/catalog.ts';
import {
  ConnectionFailure,
  type Connector,
  type ConnectionTarget,
  type ProbeReport,
} from '../connector.ts';
import { type CatalogLimits, defaultCatalogLimits } from '../limits.ts';
import { probeBySteps } from '../probe-steps.ts';
import {
  type Deadlines,
  defaultDeadlines,
  defaultReaderLimits,
  type ReaderLimits,
} from './limits.ts';
import { Reader } from './reader-process.ts';

export interface DuckdbSettings {
  /** The only folder whose files are opened; DUCKDB is switched off without one. */
  readonly root: string | null;
  readonly deadlines: Deadlines;
  readonly limits: CatalogLimits;
  readonly reader: ReaderLimits;
  /** Options of Node itself for the reader, beside those that it always gets. */
  readonly nodeOptions: readonly string[];
}

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
  const { openMs, queryMs, proveMs } = settings.deadlines;
  return probeBySteps(async (step) => {
    const reader = new Reader({ name: nameOf(target), work: 'prove' }, settings, signal);
    try {
      await step('open', () => reader.receive('opened', openMs));
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
  const reader = new Reader({ name: nameOf(target), work: 'read' }, settings, signal);
  const read = { tables: 0, columns: 0 };
  try {
    await reader.receive('opened', deadlines.openMs);
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

function nameOf({ connection }: ConnectionTarget): string {
  // The API does not let a connection in that has none.
  if (connection.databaseName === null) throw new ConnectionFailure('INTERNAL_ERROR');
  return connection.databaseName;
}
