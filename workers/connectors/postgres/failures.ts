import type { ConnectionFailureCode } from '../../../shared/failures/connection-failures.ts';
import { ConnectionFailure } from '../connector.ts';
import { ServerError } from './gate/server-error.ts';

/** SQLSTATEs that say more than "an error". Source: PostgreSQL manual, appendix A. */
const bySqlState: { readonly [sqlState: string]: ConnectionFailureCode | undefined } = {
  '28000': 'AUTHENTICATION_FAILED',
  '28P01': 'AUTHENTICATION_FAILED',
  '3D000': 'DATABASE_NOT_FOUND',
  '42501': 'PERMISSION_DENIED',
  '53300': 'TOO_MANY_CONNECTIONS',
  '55P03': 'TIMEOUT',
  '57014': 'TIMEOUT',
  '25P03': 'TIMEOUT',
  '25P04': 'TIMEOUT',
  '57P01': 'SERVER_UNAVAILABLE',
  '57P02': 'SERVER_UNAVAILABLE',
  '57P03': 'SERVER_UNAVAILABLE',
};

// pg_hba.conf's refusal in PostgreSQL 14 and newer, in older ones, and hosted poolers' own words.
const wantsTls = /no encryption|SSL off|sslmode=require|SSL connection is required/i;
// pg_hba.conf's clientcert, which the server checks after the handshake.
const wantsClientCertificate = /valid client certificate/i;
// Supavisor, Supabase's pooler, answers XX000 to a user name whose project it does not know.
const unknownTenant = /tenant or user not found/i;

/** Where an error came up. */
export interface FailureContext {
  readonly signingIn: boolean;
  readonly encrypted: boolean;
}

/**
 * The code for whatever a socket or a server threw. Only codes come out: a server's text
 * is looked at for three known phrases while signing in, and goes nowhere.
 */
export function toFailure(error: unknown, context: FailureContext): ConnectionFailure {
  if (error instanceof ConnectionFailure) return error;
  return new ConnectionFailure(codeOf(error, context));
}

function codeOf(error: unknown, { signingIn, encrypted }: FailureContext): ConnectionFailureCode {
  if (error instanceof ServerError) {
    const message = error.message.slice(0, 1_000);
    if (signingIn && !encrypted && wantsTls.test(message)) return 'TLS_REQUIRED';
    if (signingIn && wantsClientCertificate.test(message)) return 'TLS_CLIENT_CERTIFICATE_REFUSED';
    if (signingIn && unknownTenant.test(message)) return 'AUTHENTICATION_FAILED';
    if (!/^[0-9A-Z]{5}$/.test(error.code)) return 'PROTOCOL_ERROR';
    return bySqlState[error.code] ?? 'SERVER_ERROR';
  }
  // What is left is TLS that broke, and what we could not make anything of.
  return error instanceof Error && 'syscall' in error ? 'CONNECTION_LOST' : 'PROTOCOL_ERROR';
}
