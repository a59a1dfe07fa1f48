import { ConnectionFailure } from './connector.ts';

/** A value that a statement of ours promises to be there. Throws PROTOCOL_ERROR when it is not. */
export function given<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new ConnectionFailure('PROTOCOL_ERROR');
  return value;
}
