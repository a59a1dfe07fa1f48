import { createHash, createHmac } from 'node:crypto';
import type { StandInRequest } from './http-stand-in.ts';

/** Whose requests a service of AWS accepts, and where it is. */
export interface SignedService {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly service: string;
  /** The only name that it answers by; null answers by any. */
  readonly host: string | null;
}

const header =
  /^AWS4-HMAC-SHA256 Credential=(\w+)\/(\d{8})\/([\w-]+)\/([\w-]+)\/aws4_request, SignedHeaders=([\w;-]+), Signature=([0-9a-f]{64})$/;
const maxSkewMs = 15 * 60_000;

/**
 * What is wrong with a request's signature, as error and message; null for a good one. Computed anew from
 * the request as it came, step by step as "Create a signed AWS API request" has them, for requests to
 * the root without a query.
 */
export function checkSignature(
  service: SignedService,
  { method, headers, body }: StandInRequest,
): [type: string, message: string] | null {
  if (headers.authorization === undefined) {
    return ['MissingAuthenticationTokenException', 'Missing Authentication Token'];
  }
  const [, id, day, region, name, list = '', signature] = header.exec(headers.authorization) ?? [];
  const date = String(headers['x-amz-date'] ?? '');
  if (!signature || !day || !/^\d{8}T\d{6}Z$/.test(date)) {
    return ['IncompleteSignatureException', 'Authorization header is not as it should be'];
  }
  if (id !== service.accessKeyId) {
    return [
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    ];
  }
  const names = list.split(';');
  const needed = ['host', ...Object.keys(headers).filter((key) => key.startsWith('x-amz-'))];
  const scope = `${day}/${service.region}/${service.service}/aws4_request`;
  const isScoped = date.startsWith(day) && region === service.region && name === service.service;
  const isHere = service.host === null || headers.host?.split(':')[0] === service.host;
  if (!isScoped || !isHere || needed.some((key) => !names.includes(key))) {
    return ['InvalidSignatureException', 'Credential should be scoped to a valid region.'];
  }
  const at = Date.parse(date.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'));
  if (!(Math.abs(at - Date.now()) < maxSkewMs)) {
    return ['InvalidSignatureException', `Signature expired: ${date} is now earlier than expected`];
  }
  const values = names.map((key) => `${key}:${String(headers[key] ?? '').trim()}\n`).join('');
  const canonical = [method, '/', '', values, list, sha256(body)].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n');
  let key: Buffer = Buffer.from(`AWS4${service.secretAccessKey}`);
  for (const part of scope.split('/')) key = hmac(key, part);
  if (hmac(key, toSign).toString('hex') === signature) return null;
  return [
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided.',
  ];
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
