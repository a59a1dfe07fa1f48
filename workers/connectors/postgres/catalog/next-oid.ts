import { ConnectionFailure } from '../../connector.ts';
import type { Row } from '../gate/row-cursor.ts';
import { givenNumber } from './given-number.ts';

/** The oid that a row begins with. Oids only grow; a server that repeats itself could make us read for ever. */
export function nextOid(row: Row | undefined, last: number): number {
  const oid = givenNumber(row?.[0]);
  if (oid <= last) throw new ConnectionFailure('PROTOCOL_ERROR');
  return oid;
}
