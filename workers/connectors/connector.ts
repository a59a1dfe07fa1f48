import type { CatalogTable } from '../../shared/catalog.ts';
import type { ConnectionFailureCode } from '../../shared/failures/connection-failures.ts';
import type { Connection, ConnectionSecrets, SecretField } from '../../shared/connection.ts';
import type { Selection } from '../selection.ts';
import type { ProbeReport } from '../../shared/probe.ts';
import type { Findings } from '../egress/findings.ts';
import type { EgressPolicy } from '../egress/policy.ts';
import type { Holding } from '../memory/holding.ts';
import type { Derive } from '../vault/derivations.ts';

export type { ProbeReport, ProbeStepName } from '../../shared/probe.ts';

/** Where to connect and what with. `secrets` is valid only until the surrounding `vault.use` ends. */
export interface ConnectionTarget {
  readonly connection: Connection;
  readonly secrets: ConnectionSecrets;
  /** Remembers what is derived from them; absent where all of it is made anew. */
  readonly derive?: Derive<SecretField>;
  /** Every socket to the target is opened through this policy, without exception. */
  readonly egress: EgressPolicy;
  /** The fingerprint of the SSH server's host key on record; absent or null before its first use. */
  readonly sshHostKey?: string | null;
  /** Filled in on the way to the server, for the report on it. */
  readonly findings?: Findings;
  /** Where every reader says what it keeps in memory; absent where no other job shares it. */
  readonly memory?: Holding;
}

/** A catalog could not be read. Carries a code only: no driver text, no configuration, no cause. */
export class ConnectionFailure extends Error {
  override readonly name = 'ConnectionFailure';
  readonly code: ConnectionFailureCode;

  constructor(code: ConnectionFailureCode) {
    super(code);
    this.code = code;
  }
}

/** What a catalog is, without its tables. The connector's own: stored, compared, never interpreted. */
export interface CatalogState {
  /** Equal tokens mean equal catalogs, with row estimates to within a tenth. */
  readonly token: string;
  /** From these and those of another moment the connector tells which tables differ. */
  readonly marks: Buffer;
}

/** A table of which only this much was read. */
export interface UnchangedTable {
  readonly schema: string;
  readonly name: string;
  /** How many columns it has. */
  readonly columns: number;
}

/** The catalog as the caller has it. */
export interface StoredCatalog {
  /** As of which it was read; null when that is not known, or not to be relied on. */
  readonly state: CatalogState | null;
  /**
   * Told the state of the very snapshot that tables are read from: before the first table, or after the
   * last one where there is no `state` to compare it with. Not told where nothing can be trusted that
   * far. With the token of `state`, no table is read.
   */
  see(now: CatalogState): void;
  /** Told of each table that is as it was in `state`, and is not read. */
  leave(table: UnchangedTable): void;
}

/** What is wanted of a catalog. A connector that makes no use of a member answers more, never less. */
export interface CatalogRequest {
  /** Tables outside of it need not be read. The caller leaves them out in any case. */
  readonly selection?: Selection;
  /** Tables that are in it as they are need not be read. */
  readonly stored?: StoredCatalog;
}

/**
 * What Basekeep needs from a database. Obligations on every implementation:
 * - every socket comes from `target.egress`; no ambient credentials, no redirects, no local files;
 * - no byte of a secret leaves before the server's identity is checked, when TLS is on;
 * - nothing is written to the target: sessions are read-only;
 * - aborting `signal` closes the sockets at once, and no promise is left pending after it;
 * - what is kept of a server's answers for longer than a moment is told to `target.memory`;
 * - a server's names, texts and sizes are hostile input: bounded, never interpolated, never logged.
 */
export interface Connector {
  /**
   * Connects, signs in, proves that the catalog can be read, and disconnects.
   * Must not throw: an unreachable database is an answer, not an error.
   */
  probe(target: ConnectionTarget, signal: AbortSignal): Promise<ProbeReport>;

  /**
   * Streams every table the user can see and `request` has a need of, one consistent snapshot,
   * ordered by nothing in particular, each table exactly once. Memory is bounded whatever the size of the catalog.
   * Throws `ConnectionFailure` and nothing else.
   */
  readCatalog(
    target: ConnectionTarget,
    signal: AbortSignal,
    request?: CatalogRequest,
  ): AsyncIterable<CatalogTable>;
}
