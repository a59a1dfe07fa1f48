import type { ConnectionFailureCode } from '../../../../shared/failures/connection-failures.ts';
import { ConnectionFailure } from '../../connector.ts';

// DuckDB has no error codes. The words are those of its 1.5.4; what they no longer match is
// FILE_CORRUPT, because a file is all that it was given.
const byWords: readonly (readonly [RegExp, ConnectionFailureCode])[] = [
  [/Could not set lock on file/, 'FILE_LOCKED'],
  [/we can only read versions? between/, 'FILE_VERSION_UNSUPPORTED'],
  [/Cannot open encrypted database/, 'FILE_ENCRYPTED'],
  [/Out of Memory Error|bad allocation/, 'LIMIT_EXCEEDED'],
  [/database does not exist/, 'FILE_NOT_FOUND'],
  [/: Permission denied/, 'FILE_UNREADABLE'],
];

/** What the engine's error means. Its text names paths and process ids and goes nowhere. */
export function engineFailure(error: unknown): ConnectionFailure {
  if (error instanceof ConnectionFailure) return error;
  const text = error instanceof Error ? error.message : '';
  const known = byWords.find(([words]) => words.test(text));
  return new ConnectionFailure(known?.[1] ?? 'FILE_CORRUPT');
}
