import type { ConnectionFailureCode } from '../../../shared/failures/connection-failures.ts';
import type { Connection, ConnectionSecrets } from '../../../shared/connection.ts';
import type { Dialect } from '../../../shared/dialects.ts';
import type { Canary } from '../../support/canary.ts';

/** What a server can do to whoever connects to it: D2 of security.md. */
export type HostileCase =
  | 'is mute'
  | 'is mute in the TLS handshake'
  | 'is mute at the sign-in'
  | 'is mute at a statement'
  | 'is mute amid a catalog'
  | 'drips byte by byte'
  | 'promises an oversized frame'
  | 'sends rows without end'
  | 'writes an error of 100 KB'
  | 'has hostile identifiers'
  | 'asks for the password itself'
  | 'asks for a file of ours'
  | 'refuses TLS'
  | 'has a self-signed certificate'
  | 'has a certificate of an unknown authority'
  | 'has a certificate for another name'
  | 'has a certificate that has expired'
  | 'redirects'
  | 'speaks another protocol'
  | 'means well';

export interface HostileServer {
  readonly port: number;
  /** Everything that clients sent, decrypted where TLS was on. */
  readonly received: Buffer;
  /** Where it sends its clients, and nobody may go. */
  readonly elsewhere?: Canary;
  close(): Promise<void>;
}

/** What a job may end with; null is a success. Several, where the machine's speed decides. */
export type Ending = ConnectionFailureCode | null | readonly ConnectionFailureCode[];

/** A server that means ill, and what has to come of a health check and of a sync. */
export interface Hostile {
  start(): Promise<HostileServer>;
  readonly connection?: Partial<Connection>;
  readonly check: Ending;
  /** Default: as `check`. */
  readonly sync?: Ending;
  /** Whether the secret, or the proof in its place, is sent. Nobody unproven may see one. */
  readonly isToldSecret?: boolean;
  /** Tables that the catalog has in the end, by these names. */
  readonly names?: readonly string[];
  /** Floods the machine, and so runs with few others. */
  readonly isHeavy?: boolean;
}

/** A case that the wire cannot have, or that another test has with the connector itself. */
type Elsewhere = { readonly not: string } | { readonly provenIn: string };

export type HostileRows = { readonly [C in HostileCase]: Hostile | Elsewhere };

export interface HostileWire {
  readonly dialect: Dialect;
  readonly connection: Partial<Connection>;
  readonly secrets: ConnectionSecrets;
  /** In which forms a secret, or the proof in its place, can be seen. */
  readonly forms: readonly (string | Buffer)[];
  readonly rows: HostileRows;
  /** What only this wire's servers can do. */
  readonly more?: { readonly [what: string]: Hostile };
}

/** Names that some layer between a server and our tables could trip over. */
export const hostileNames = [
  '__proto__',
  'constructor',
  `"; drop table x; --`,
  "'`]\\",
  'a\nb\u0001\u001b[31m',
  'nul\0and more',
  '\u202e',
  '${x}',
  'ü'.repeat(5_000),
];
