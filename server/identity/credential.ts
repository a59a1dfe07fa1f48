import type { IncomingHttpHeaders } from 'node:http';

/** What a request proves its caller with, as it came: nothing about it is checked yet. */
export type UnsafeCredential =
  | { readonly kind: 'none' }
  /** A bearer key or an access token: the `Authorization` header holds either. */
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'pair'; readonly publicId: string; readonly secret: string };

const scheme = /^Bearer +(\S+)$/i;

/** Every credential works everywhere; a pair is taken when both of its headers are there. */
export function credentialIn(headers: IncomingHttpHeaders): UnsafeCredential {
  const publicId = headers['x-api-key'];
  const secret = headers['x-api-secret'];
  if (typeof publicId === 'string' && typeof secret === 'string') {
    return { kind: 'pair', publicId, secret };
  }
  const token = scheme.exec(headers.authorization ?? '')?.[1];
  return token === undefined ? { kind: 'none' } : { kind: 'bearer', token };
}
