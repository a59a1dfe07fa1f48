import type { ConnectionFailureCode } from '../../../shared/failures/connection-failures.ts';
import { statusFailure } from '../../egress/http/http.ts';
import { ConnectionFailure } from '../connector.ts';

// "Error messages" of BigQuery's documentation: the reason, not the status, tells 403 from 403.
const byReason: { readonly [reason: string]: ConnectionFailureCode | undefined } = {
  accessDenied: 'PERMISSION_DENIED',
  quotaExceeded: 'RATE_LIMITED',
  rateLimitExceeded: 'RATE_LIMITED',
  userRateLimitExceeded: 'RATE_LIMITED',
  backendError: 'SERVER_UNAVAILABLE',
  // The project has never used BigQuery, or has turned it off.
  accessNotConfigured: 'ACCOUNT_NOT_FOUND',
};

/**
 * What BigQuery's refusal means. `missing` is the code for what the call was about and is not there;
 * a missing project is ACCOUNT_NOT_FOUND whatever the call.
 */
export function answerFailure(missing: ConnectionFailureCode) {
  return (status: number, text: string): ConnectionFailure => {
    // In the message quotes are escaped, so that a name in it cannot pass for a reason.
    const reason = /"reason"\s*:\s*"(\w{1,64})"/.exec(text)?.[1] ?? '';
    if (status === 404 && /"message"\s*:\s*"Not found: Project/.test(text)) {
      return new ConnectionFailure('ACCOUNT_NOT_FOUND');
    }
    const code = byReason[reason];
    if (status >= 400 && code) return new ConnectionFailure(code);
    return statusFailure(status, { 404: missing });
  };
}
