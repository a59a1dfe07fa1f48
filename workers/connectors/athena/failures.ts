import type { ConnectionFailureCode } from '../../../shared/failures/connection-failures.ts';
import { statusFailure } from '../../egress/http/http.ts';
import { ConnectionFailure } from '../connector.ts';

// Athena API reference, "Common Errors" and the errors of each action; the HTTP status is 400 for most.
const byType: { readonly [type: string]: ConnectionFailureCode | undefined } = {
  AccessDeniedException: 'PERMISSION_DENIED',
  NotAuthorized: 'PERMISSION_DENIED',
  UnrecognizedClientException: 'AUTHENTICATION_FAILED',
  InvalidClientTokenId: 'AUTHENTICATION_FAILED',
  InvalidSignatureException: 'AUTHENTICATION_FAILED',
  IncompleteSignatureException: 'AUTHENTICATION_FAILED',
  MissingAuthenticationTokenException: 'AUTHENTICATION_FAILED',
  ExpiredTokenException: 'AUTHENTICATION_FAILED',
  OptInRequired: 'ACCOUNT_NOT_FOUND',
  SubscriptionRequiredException: 'ACCOUNT_NOT_FOUND',
  ThrottlingException: 'RATE_LIMITED',
  TooManyRequestsException: 'RATE_LIMITED',
  InternalServerException: 'SERVER_ERROR',
  InternalFailure: 'SERVER_ERROR',
  ServiceUnavailableException: 'SERVER_UNAVAILABLE',
};

/**
 * What Athena's refusal means. `missing` is the code for what the call was about and is not there, or
 * has a name that nothing can have.
 */
export function answerFailure(missing: ConnectionFailureCode) {
  return (status: number, text: string): ConnectionFailure => {
    const type = /"__type"\s*:\s*"(?:[\w.]{1,128}#)?(\w{1,64})"/.exec(text)?.[1] ?? '';
    // The clock of this machine is wrong, and no other key would help.
    if (
      type === 'InvalidSignatureException' &&
      /Signature (?:expired|not yet current)/.test(text)
    ) {
      return new ConnectionFailure('INTERNAL_ERROR');
    }
    if (type === 'InvalidRequestException') return new ConnectionFailure(missing);
    if (type === 'MetadataException') return new ConnectionFailure(metadataFailure(text, missing));
    const code = byType[type];
    return code ? new ConnectionFailure(code) : statusFailure(status);
  };
}

/** What AWS Glue, or another metastore, said to Athena: it passes on the text and not the code. */
function metadataFailure(text: string, missing: ConnectionFailureCode): ConnectionFailureCode {
  if (/not authorized|AccessDenied|[Ii]nsufficient/.test(text)) return 'PERMISSION_DENIED';
  if (/[Rr]ate exceeded|Throttling/.test(text)) return 'RATE_LIMITED';
  return /not found/i.test(text) ? missing : 'SERVER_ERROR';
}
