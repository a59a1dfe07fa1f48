import { ConnectionFailure } from '../../connector.ts';

/** A number of things or of one, as PostgreSQL writes it. Throws PROTOCOL_ERROR for anything else. */
export function givenNumber(text: string | null | undefined): number {
  const number = Number(text ?? NaN);
  if (!Number.isSafeInteger(number) || number < 0) throw new ConnectionFailure('PROTOCOL_ERROR');
  return number;
}
