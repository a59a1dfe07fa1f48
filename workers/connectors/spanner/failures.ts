import type { ConnectionFailureCode } from '../../../shared/failures/connection-failures.ts';
import { statusFailure } from '../../egress/http/http.ts';
import { ConnectionFailure } from '../connector.ts';

type Codes = { readonly [name: string]: ConnectionFailureCode | undefined };

// google.rpc.Code, whose name is in every error of Google's APIs.
const byCode: Codes = {
  UNAUTHENTICATED: 'AUTHENTICATION_FAILED',
  PERMISSION_DENIED: 'PERMISSION_DENIED',
  RESOURCE_EXHAUSTED: 'RATE_LIMITED',
  UNAVAILABLE: 'SERVER_UNAVAILABLE',
  ABORTED: 'SERVER_UNAVAILABLE',
  DEADLINE_EXCEEDED: 'TIMEOUT',
};

// google.rpc.ErrorInfo.reason: the project does not exist, or has never turned Spanner on.
const byReason: Codes = {
  SERVICE_DISABLED: 'ACCOUNT_NOT_FOUND',
  CONSUMER_INVALID: 'ACCOUNT_NOT_FOUND',
};

/** What Spanner's refusal means, whether it comes in place of an answer or amid one. */
export function answerFailure(status: number, text: string): ConnectionFailure {
  // In a message quotes are escaped, so that a name in it cannot pass for a field.
  const field = (name: string): string =>
    new RegExp(`"${name}"\\s*:\\s*"(\\w{1,64})"`).exec(text)?.[1] ?? '';
  const code = field('status');
  if (code === 'NOT_FOUND' || status === 404) return new ConnectionFailure(missing(text));
  const known = byReason[field('reason')] ?? byCode[code];
  return known ? new ConnectionFailure(known) : statusFailure(status);
}

function missing(text: string): ConnectionFailureCode {
  const [, what] = /"message"\s*:\s*"(Database|Session|Table) not found/.exec(text) ?? [];
  if (what === 'Database') return 'DATABASE_NOT_FOUND';
  // Spanner may end a session whenever it likes.
  return what === 'Session' ? 'CONNECTION_LOST' : 'ACCOUNT_NOT_FOUND';
}
