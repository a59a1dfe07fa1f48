import { isIP, type Socket } from 'node:net';
import {
  checkServerIdentity,
  connect,
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import type { ConnectionFailureCode } from '../../shared/connection-failures.ts';
import { ConnectionFailure } from '../connectors/connector.ts';
import { withDeadline } from './deadline.ts';

export interface TlsOptions {
  /** The host that the person named, which the certificate has to be for. */
  readonly host: string;
  /** PEM certificates trusted in addition to the system's roots. */
  readonly caCertificate: string | null;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/**
 * TLS 1.2 or newer over a connected socket. When it resolves, the server has proved that it is
 * `host`: chain, dates and name are verified, and there is no option that turns this off.
 * Throws TLS_UNTRUSTED, TLS_NAME_MISMATCH, TLS_EXPIRED, TLS_FAILED or TIMEOUT, socket destroyed.
 */
export function startTls(socket: Socket, options: TlsOptions): Promise<TLSSocket> {
  const { host, signal, timeoutMs } = options;
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const secure = connect({
    socket,
    secureContext: contextFor(options.caCertificate),
    // RFC 6066, section 3: no server name indication for addresses.
    ...(isIP(host) ? {} : { servername: host }),
    // Node would check an address against "localhost"; the name is always the one that was given.
    checkServerIdentity: (_servername, certificate) => checkServerIdentity(host, certificate),
    rejectUnauthorized: true,
  });
  secure.once('secureConnect', () => resolve(secure));
  secure.once('error', (error: NodeJS.ErrnoException) => {
    reject(new ConnectionFailure(tlsFailure(error.code)));
  });
  secure.once('close', () => reject(new ConnectionFailure('TLS_FAILED')));
  return withDeadline(promise, { timeoutMs, signal }, () => secure.destroy());
}

/** What an OpenSSL or Node error code of a handshake means to the person. */
function tlsFailure(code: string | undefined): ConnectionFailureCode {
  return (code && failures[code]) || 'TLS_FAILED';
}

const failures: { readonly [code: string]: ConnectionFailureCode | undefined } = {
  // node:tls, "X509 certificate error codes".
  CERT_HAS_EXPIRED: 'TLS_EXPIRED',
  CERT_NOT_YET_VALID: 'TLS_EXPIRED',
  ERR_TLS_CERT_ALTNAME_INVALID: 'TLS_NAME_MISMATCH',
  HOSTNAME_MISMATCH: 'TLS_NAME_MISMATCH',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'TLS_UNTRUSTED',
  SELF_SIGNED_CERT_IN_CHAIN: 'TLS_UNTRUSTED',
  UNABLE_TO_GET_ISSUER_CERT: 'TLS_UNTRUSTED',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'TLS_UNTRUSTED',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'TLS_UNTRUSTED',
  CERT_CHAIN_TOO_LONG: 'TLS_UNTRUSTED',
  CERT_REVOKED: 'TLS_UNTRUSTED',
  CERT_REJECTED: 'TLS_UNTRUSTED',
  CERT_SIGNATURE_FAILURE: 'TLS_UNTRUSTED',
  CERT_UNTRUSTED: 'TLS_UNTRUSTED',
  INVALID_CA: 'TLS_UNTRUSTED',
  INVALID_PURPOSE: 'TLS_UNTRUSTED',
  PATH_LENGTH_EXCEEDED: 'TLS_UNTRUSTED',
};

// A context with its own list of roots takes milliseconds to build, as long as the handshake itself.
const contexts = new Map<string | null, SecureContext>();
const maxContexts = 64;

function contextFor(caCertificate: string | null): SecureContext {
  const known = contexts.get(caCertificate);
  if (known) return known;
  const context = createSecureContext({
    minVersion: 'TLSv1.2',
    // `ca` replaces the system's roots, hence the list of them.
    ...(caCertificate === null ? {} : { ca: [...getCACertificates('default'), caCertificate] }),
  });
  const [oldest] = contexts.keys();
  if (contexts.size >= maxContexts && oldest !== undefined) contexts.delete(oldest);
  contexts.set(caCertificate, context);
  return context;
}
