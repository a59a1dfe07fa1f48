import { ConnectionFailure } from '../../connector.ts';

/** Throws PROTOCOL_ERROR for a field that is never empty. */
export function given(value: string | null | undefined): string {
  if (!value) throw new ConnectionFailure('PROTOCOL_ERROR');
  return value;
}
