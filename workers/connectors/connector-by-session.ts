import type { CatalogTable } from '../../shared/catalog.ts';
import type {
  CatalogRequest,
  ConnectionFailure,
  Connector,
  ConnectionTarget,
} from './connector.ts';
import { probeBySteps, type ProbeStepper } from './probe-steps.ts';

/** Where a session leads, and what it was opened with. */
export interface Occasion<Settings> {
  readonly target: ConnectionTarget;
  readonly settings: Settings;
}

/** A read, and what is wanted of it. */
interface Reading<Settings> extends Occasion<Settings> {
  readonly request: CatalogRequest;
}

/** What a dialect adds to a session with its server. All of it throws ConnectionFailure. */
export interface SessionDialect<Settings, Session> {
  readonly defaults: Settings;
  /** Opens a session and signs in, in steps when a probe asks for them. */
  open(
    target: ConnectionTarget,
    settings: Settings,
    signal: AbortSignal,
    step?: ProbeStepper,
  ): Promise<Session>;
  /** The steps of a probe after the sign-in. Gives back the server's version text. */
  prove(session: Session, step: ProbeStepper, occasion: Occasion<Settings>): Promise<string | null>;
  read(session: Session, reading: Reading<Settings>): AsyncIterable<CatalogTable>;
  /** For drivers that throw something of their own amid a read: the code for it. */
  toFailure?(error: unknown, target: ConnectionTarget): ConnectionFailure;
}

interface Closable {
  close(): Promise<void>;
}

/**
 * Makes connectors of a dialect that works in sessions: one is opened for each probe and each read,
 * and closed whatever happens, also when the reader of a catalog stops early.
 */
export function connectorBySession<Settings extends object, Session extends Closable>(
  dialect: SessionDialect<Settings, Session>,
): (settings?: Partial<Settings>) => Connector {
  return (given = {}) => {
    const settings = { ...dialect.defaults, ...given };
    return {
      probe: (target, signal) =>
        probeBySteps(async (step) => {
          const session = await dialect.open(target, settings, signal, step);
          try {
            return await dialect.prove(session, step, { target, settings });
          } finally {
            await session.close();
          }
        }),
      readCatalog: (target, signal, request = {}) =>
        readThrough(dialect, { target, settings, request }, signal),
    };
  };
}

async function* readThrough<Settings, Session extends Closable>(
  dialect: SessionDialect<Settings, Session>,
  reading: Reading<Settings>,
  signal: AbortSignal,
): AsyncGenerator<CatalogTable> {
  try {
    const session = await dialect.open(reading.target, reading.settings, signal);
    try {
      yield* dialect.read(session, reading);
    } finally {
      await session.close();
    }
  } catch (error) {
    throw dialect.toFailure?.(error, reading.target) ?? error;
  }
}
