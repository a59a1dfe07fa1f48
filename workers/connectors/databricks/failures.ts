import { z } from 'zod';
import type { ConnectionFailureCode } from '../../../shared/failures/connection-failures.ts';
import { statusFailure } from '../../egress/http/http.ts';
import { ConnectionFailure } from '../connector.ts';

/** What an answer other than 2xx means, by its status where nothing here says more. */
export type Overrides = Parameters<typeof statusFailure>[1];

/**
 * Databricks answers 403 both for a token that it does not know and for a right that is missing; only
 * the latter has the error code PERMISSION_DENIED.
 */
export function answerFailure(overrides: Overrides = {}) {
  return (status: number, text: string): ConnectionFailure => {
    const denied = /"error_code"\s*:\s*"PERMISSION_DENIED"/.test(text);
    return statusFailure(status, {
      403: denied ? 'PERMISSION_DENIED' : 'AUTHENTICATION_FAILED',
      ...overrides,
    });
  };
}

/** StatementStatus of the Statement Execution API. */
export const StatementStatus = z.object({
  state: z.string(),
  error: z.object({ error_code: z.string().optional() }).nullish(),
  sql_state: z.string().nullish(),
});

// Databricks documentation, "SQLSTATE error codes".
const bySqlState: { readonly [sqlState: string]: ConnectionFailureCode | undefined } = {
  '42501': 'PERMISSION_DENIED',
  '42704': 'DATABASE_NOT_FOUND',
  '42P01': 'DATABASE_NOT_FOUND',
};

// ServiceErrorCode of the Statement Execution API.
const byErrorCode: { readonly [code: string]: ConnectionFailureCode | undefined } = {
  DEADLINE_EXCEEDED: 'TIMEOUT',
  RESOURCE_EXHAUSTED: 'RATE_LIMITED',
  SERVICE_UNDER_MAINTENANCE: 'SERVER_UNAVAILABLE',
  TEMPORARILY_UNAVAILABLE: 'SERVER_UNAVAILABLE',
  UNAUTHENTICATED: 'AUTHENTICATION_FAILED',
  WORKSPACE_TEMPORARILY_UNAVAILABLE: 'SERVER_UNAVAILABLE',
};

/** Why a statement has not succeeded. */
export function statementFailure(status: z.infer<typeof StatementStatus>): ConnectionFailure {
  if (status.state === 'CANCELED') return new ConnectionFailure('TIMEOUT');
  const code = bySqlState[status.sql_state ?? ''] ?? byErrorCode[status.error?.error_code ?? ''];
  return new ConnectionFailure(code ?? 'SERVER_ERROR');
}
