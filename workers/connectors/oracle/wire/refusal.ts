import type { ConnectionFailureCode } from '../../../../shared/failures/connection-failures.ts';
import { ConnectionFailure } from '../../connector.ts';
import { codeOfNumber } from '../failures.ts';

/** Where the text of a refusal begins. A longer one follows in a packet of data. */
export const refusalTextAt = 12;

/**
 * The failure of a listener's refusal: `(DESCRIPTION=(TMP=)(VSNNUM=0)(ERR=12514)(ERROR_STACK=...))`.
 * Nothing but the number is looked at.
 */
export function refusalOf(text: Buffer): ConnectionFailure {
  const number = /\(ERR=(\d{1,5})\)/i.exec(text.toString('latin1'))?.[1];
  const code: ConnectionFailureCode | undefined = number ? codeOfNumber(Number(number)) : undefined;
  return new ConnectionFailure(code ?? 'SERVER_ERROR');
}
