import { ConnectionFailure } from '../../connector.ts';

/** Below every object_id that a table has: they are positive, negative ones are the server's own. */
export const firstId = 0;
const maxId = 2 ** 31 - 1;

/** An object_id as the server writes it. Throws PROTOCOL_ERROR for what is none. */
export function toId(text: string | null | undefined): number {
  const id = /^\d{1,10}$/.test(text ?? '') ? Number(text) : 0;
  if (id <= firstId || id > maxId) throw new ConnectionFailure('PROTOCOL_ERROR');
  return id;
}
