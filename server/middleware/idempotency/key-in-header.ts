import { invalidField } from '../../../shared/errors.ts';

const quoted = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])+)"$/;
const plain = /^[\x21\x23-\x2b\x2d-\x7e]+$/;
const maxLength = 255;

/**
 * The key in an `Idempotency-Key` header: a string of a structured field (RFC 8941), as
 * draft-ietf-httpapi-idempotency-key-header-06 has it, or the same without quotes, as most clients
 * send it. VALIDATION for anything else.
 */
export function keyInHeader(header: string): string {
  const key =
    quoted.exec(header)?.[1]?.replace(/\\(["\\])/g, '$1') ?? (plain.test(header) ? header : '');
  if (key === '' || key.length > maxLength) {
    throw invalidField('Idempotency-Key', `Must be 1 to ${maxLength} printable ASCII characters`);
  }
  return key;
}
