import type { CatalogTable } from '../../../shared/catalog.ts';
import type { ConnectionFailureCode } from '../../../shared/failures/connection-failures.ts';
import type { Connection, SecretField } from '../../../shared/connection.ts';
import { type Dialect, dialectFacts } from '../../../shared/dialects.ts';
import type { ProbeStepName } from '../../../shared/probe.ts';
import type {
  ConnectionTarget,
  Connector,
  ProbeReport,
} from '../../../workers/connectors/connector.ts';
import type { Identity } from '../../support/certificates.ts';
import { connectionTarget } from '../../support/connection-target.ts';

/** A server of the dialect, each member readable from `beforeAll` hooks on. */
export interface ServerUnderTest {
  /** Reaches an empty database; without TLS unless the dialect cannot. */
  readonly connection: Partial<Connection>;
  readonly password: string;
  execute(sql: string): Promise<void>;
  /** Every table as the connector should report it, read in another way. Row estimates left out. */
  readBack(): Promise<unknown>;
  /** The same facts out of what the connector reported. */
  summarize(tables: readonly CatalogTable[]): unknown;
  /** Where a server without TLS is, when `connection` leads to one that insists on it. */
  readonly withoutTls?: Partial<Connection>;
  /** The same server behind a certificate. Not asked of a file. */
  startTlsFront(identity: Identity): Promise<{ port: number; close(): Promise<void> }>;
  /** Keeps every catalog read waiting until the returned function is called. */
  block(): Promise<() => Promise<void>>;
  /** How many connections the server has from data sources' users; of a file, who has it open. */
  connections(): Promise<number>;
}

/** What a probe says when one thing is wrong. */
interface WrongCase {
  readonly changes: Partial<Connection>;
  readonly step: ProbeStepName;
  readonly failure: ConnectionFailureCode;
}

export interface DialectUnderTest {
  readonly dialect: Dialect;
  readonly connector: Connector;
  /** What answers, for the table in the README: `MariaDB 10.11`, or whose stand-in it is. */
  readonly against: string;
  /** Registers the hooks of one server; called once in a `describe`. */
  useServer(): ServerUnderTest;
  /** Everything awkward that the dialect can express, and what it should read as. */
  readonly awkward: { readonly sql: string; readonly expected: readonly CatalogTable[] };
  /** Statements that make at least 1,000 tables. */
  thousandTables(): Iterable<string>;
  /** The layers of a healthy probe, where they are others than those of a server without TLS. */
  readonly steps?: readonly ProbeStepName[];
  /** What the version looks like; default: it has a digit. */
  readonly version?: RegExp;
  /** What differs from the usual; null where the dialect has no such thing to be wrong. */
  readonly wrong?: { readonly [W in WrongField]?: WrongCase | null };
  /**
   * The name of a vendor's service, which is always reached with TLS and by this name only.
   * `startTlsFront` then also leads the connector to the front.
   */
  readonly vendorHost?: string;
  /** More names of the vendor that the connector asks on its way, such as the one for tokens. */
  readonly moreHosts?: readonly string[];
  /** Where the server's `password` belongs, and another one of its form, where that matters. */
  readonly secret?: { readonly field: SecretField; readonly wrong: string };
}

export type WrongField = 'host' | 'port' | 'user' | 'password' | 'database';

/** A dialect, its server, and the ways to reach it. */
export interface Subject {
  readonly under: DialectUnderTest;
  readonly server: ServerUnderTest;
  /** Whether the dialect has no server at all, but a file. */
  readonly isFile: boolean;
  readonly wrongPassword: string;
  target(changes?: Partial<Connection>, password?: string): ConnectionTarget;
  probe(changes?: Partial<Connection>, password?: string): Promise<ProbeReport>;
  read(changes?: Partial<Connection>): Promise<CatalogTable[]>;
}

/** A signal that nobody aborts. */
export const never = new AbortController().signal;

/** Call it in a `describe`: it registers the hooks of the server. */
export function useSubject(under: DialectUnderTest): Subject {
  const server = under.useServer();
  const target: Subject['target'] = (changes = {}, password = server.password) =>
    connectionTarget(
      { dialect: under.dialect, ...server.connection, ...changes },
      password,
      under.secret?.field,
    );
  return {
    under,
    server,
    isFile: dialectFacts[under.dialect].isFile ?? false,
    wrongPassword: under.secret?.wrong ?? 'not the password',
    target,
    probe: (changes, password) => under.connector.probe(target(changes, password), never),
    read: (changes) => Array.fromAsync(under.connector.readCatalog(target(changes), never)),
  };
}
