import type { ConnectionFailureCode } from '../shared/failures/connection-failures.ts';
import { ConnectionFailure } from './connectors/connector.ts';
import { VaultError, type VaultErrorCode } from './vault/open.ts';

const vaultFailures = {
  KEY_MISSING: 'CREDENTIALS_LOCKED',
  CONTEXT_MISMATCH: 'CREDENTIALS_CORRUPT',
  CORRUPT: 'CREDENTIALS_CORRUPT',
} as const satisfies Record<VaultErrorCode, ConnectionFailureCode>;

/** What may be stored of anything that was thrown: a known code, and nothing else of it. */
export function failureCode(error: unknown): ConnectionFailureCode {
  if (error instanceof ConnectionFailure) return error.code;
  if (error instanceof VaultError) return vaultFailures[error.code];
  return 'INTERNAL_ERROR';
}

const passing: ReadonlySet<ConnectionFailureCode> = new Set([
  'TIMEOUT',
  'CONNECTION_LOST',
  'SERVER_UNAVAILABLE',
  'TOO_MANY_CONNECTIONS',
  'WORKER_BUSY',
  'HOST_UNREACHABLE',
  'SSH_TIMEOUT',
  'SSH_HOST_UNREACHABLE',
  'SSH_FAILED',
  'FILE_LOCKED',
  'CREDENTIALS_LOCKED',
  'INTERNAL_ERROR',
]);

/** Whether a failure may be gone at the next try. The others stay until somebody changes something. */
export function mayPass(code: ConnectionFailureCode): boolean {
  return passing.has(code);
}
