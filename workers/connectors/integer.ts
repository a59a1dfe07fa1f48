import { ConnectionFailure } from './connector.ts';

/** A whole number that a server wrote as text, at most 15 digits of it. Throws PROTOCOL_ERROR. */
export function integer(text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) throw new ConnectionFailure('PROTOCOL_ERROR');
  return Number(text);
}
