import type { ConnectionFailureCode } from '../../shared/failures/connection-failures.ts';
import type { DeliveryFailure } from '../../shared/webhooks/delivery-attempt.ts';
import { ConnectionFailure } from '../connectors/connector.ts';
import { VaultError } from '../vault/open.ts';

const byCode: { readonly [C in ConnectionFailureCode]?: DeliveryFailure } = {
  HOST_NOT_FOUND: 'HOST_NOT_FOUND',
  ADDRESS_NOT_ALLOWED: 'ADDRESS_NOT_ALLOWED',
  CONNECTION_REFUSED: 'UNREACHABLE',
  HOST_UNREACHABLE: 'UNREACHABLE',
  CONNECTION_LOST: 'UNREACHABLE',
  TIMEOUT: 'TIMEOUT',
  TLS_UNTRUSTED: 'TLS',
  TLS_NAME_MISMATCH: 'TLS',
  TLS_EXPIRED: 'TLS',
  TLS_FAILED: 'TLS',
  TLS_CLIENT_CERTIFICATE_REFUSED: 'TLS',
  PROTOCOL_ERROR: 'NO_HTTP',
  LIMIT_EXCEEDED: 'NO_HTTP',
  REDIRECT_REFUSED: 'REDIRECTED',
};

/** What may be stored of what was thrown on the way to a receiver: a code, and nothing else of it. */
export function deliveryFailure(error: unknown): DeliveryFailure {
  if (error instanceof ConnectionFailure) return byCode[error.code] ?? 'INTERNAL_ERROR';
  if (!(error instanceof VaultError)) return 'INTERNAL_ERROR';
  return error.code === 'KEY_MISSING' ? 'SECRET_LOCKED' : 'SECRET_CORRUPT';
}
