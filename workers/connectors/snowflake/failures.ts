import { z } from 'zod';
import type { ConnectionFailureCode } from '../../../shared/failures/connection-failures.ts';
import { statusFailure } from '../../egress/http/http.ts';
import { ConnectionFailure } from '../connector.ts';

const Refusal = z.object({
  code: z.coerce.string().nullish(),
  message: z.string().nullish(),
  sqlState: z.string().nullish(),
});

// Codes of the service, as its drivers know them and its documentation names them.
const byCode: { readonly [code: string]: ConnectionFailureCode | undefined } = {
  '000604': 'TIMEOUT',
  '000606': 'WAREHOUSE_UNAVAILABLE',
  '000630': 'TIMEOUT',
  '002003': 'DATABASE_NOT_FOUND',
  '002043': 'DATABASE_NOT_FOUND',
  '003001': 'PERMISSION_DENIED',
  '090030': 'LIMIT_EXCEEDED',
  '090073': 'WAREHOUSE_UNAVAILABLE',
  // User or password, disabled, locked for a while, password to be changed, sign-in by others only.
  '390100': 'AUTHENTICATION_FAILED',
  '390101': 'AUTHENTICATION_FAILED',
  '390102': 'AUTHENTICATION_FAILED',
  '390106': 'AUTHENTICATION_FAILED',
  // A second factor: not registered, locked, refused, not answered in time.
  '390120': 'AUTHENTICATION_FAILED',
  '390122': 'AUTHENTICATION_FAILED',
  '390123': 'AUTHENTICATION_FAILED',
  '390126': 'AUTHENTICATION_FAILED',
  '390127': 'AUTHENTICATION_FAILED',
  '390129': 'AUTHENTICATION_FAILED',
  '390197': 'AUTHENTICATION_FAILED',
  '390144': 'AUTHENTICATION_FAILED',
  '390189': 'PERMISSION_DENIED',
  '390303': 'AUTHENTICATION_FAILED',
  // Network policies: the address is not on the list, or a token needs one.
  '390420': 'PERMISSION_DENIED',
  '390422': 'PERMISSION_DENIED',
  '390432': 'PERMISSION_DENIED',
};

// 390201 is said of whatever part of the context is not there; only its text says which.
const byContext: { readonly [kind: string]: ConnectionFailureCode | undefined } = {
  database: 'DATABASE_NOT_FOUND',
  warehouse: 'WAREHOUSE_UNAVAILABLE',
  role: 'PERMISSION_DENIED',
};

const byStatus = {
  // An account that is not there, or a proxy; refusals of the service itself have a code.
  403: 'ACCOUNT_NOT_FOUND',
  404: 'ACCOUNT_NOT_FOUND',
} as const;

/** Why a request was refused, by the code in its answer, then by its status. */
export function answerFailure(status: number, text: string): ConnectionFailure {
  return codeFailure(parse(text)) ?? statusFailure(status, byStatus);
}

/** Why a sign-in was refused, which comes with status 200. */
export function signInFailure(answer: z.infer<typeof Refusal>): ConnectionFailure {
  return codeFailure(answer) ?? new ConnectionFailure('AUTHENTICATION_FAILED');
}

function codeFailure({ code, message, sqlState }: z.infer<typeof Refusal>) {
  const kind = /requested (database|warehouse|role)\b/i.exec(message ?? '')?.[1]?.toLowerCase();
  const known =
    (code === '390201' ? byContext[kind ?? 'database'] : byCode[code ?? '']) ??
    (sqlState === '42501' ? 'PERMISSION_DENIED' : undefined);
  return known && new ConnectionFailure(known);
}

function parse(text: string): z.infer<typeof Refusal> {
  try {
    return Refusal.safeParse(JSON.parse(text)).data ?? {};
  } catch {
    return {};
  }
}
