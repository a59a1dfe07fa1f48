import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  checkServerIdentity,
  connect,
  createSecureContext,
  getCACertificates,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { systemClock } from '../../shared/clock.ts';
import type { ConnectionFailureCode } from '../../shared/failures/connection-failures.ts';
import { ConnectionFailure, type ConnectionTarget } from '../connectors/connector.ts';
import { type ClientCertificate, clientCertificateOf } from './client-certificate.ts';
import { withDeadline } from './deadline.ts';

export interface TlsOptions {
  /** The host that the person named, which the certificate has to be for. */
  readonly host: string;
  /** PEM certificates trusted in addition to the system's roots. */
  readonly caCertificate: string | null;
  /** Whose client certificate is shown to a server that asks, and what the findings are of. */
  readonly target?: Pick<ConnectionTarget, 'connection' | 'secrets' | 'findings'>;
  /** For protocols that cannot carry what TLS 1.3 sends after its handshake. */
  readonly maxVersion?: 'TLSv1.2';
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/**
 * TLS 1.2 or newer over a connected socket, or a stream over one. When it resolves, the server has proved that it is
 * `host`: chain, dates and name are verified, and there is no option that turns this off.
 * Throws TLS_UNTRUSTED, TLS_NAME_MISMATCH, TLS_EXPIRED, TLS_CLIENT_CERTIFICATE_REFUSED,
 * CREDENTIALS_INVALID, TLS_FAILED or TIMEOUT, socket destroyed.
 *
 * In TLS 1.3 a server judges the client's certificate after the handshake, so its refusal comes out
 * of the socket later: as a ConnectionFailure too.
 */
export async function startTls(socket: Duplex, options: TlsOptions): Promise<TLSSocket> {
  const { host, target, signal, timeoutMs } = options;
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const secure = connect({
    socket,
    secureContext: contextOr(socket, options),
    // RFC 6066, section 3: no server name indication for addresses.
    ...(isIP(host) ? {} : { servername: host }),
    // Node would check an address against "localhost"; the name is always the one that was given.
    checkServerIdentity: (_servername, certificate) => {
      const error = checkServerIdentity(host, certificate);
      if (!error && target?.findings)
        target.findings.certificateExpiresInDays = daysLeft(certificate);
      return error;
    },
    rejectUnauthorized: true,
  });
  nameRefusals(secure);
  const closed = (): void => reject(new ConnectionFailure('TLS_FAILED'));
  secure.once('secureConnect', () => {
    secure.off('close', closed);
    resolve(secure);
  });
  secure.once('error', (error: NodeJS.ErrnoException) => {
    reject(
      error instanceof ConnectionFailure ? error : new ConnectionFailure(tlsFailure(error.code)),
    );
  });
  secure.once('close', closed);
  return withDeadline(promise, { timeoutMs, signal }, () => secure.destroy());
}

/**
 * Gives a server's refusal of our certificate its name where it comes up, so that every driver hands
 * on what it does not need to understand. Node emits alerts itself, past `destroy`.
 */
function nameRefusals(secure: TLSSocket): void {
  const emit = secure.emit.bind(secure);
  secure.emit = (event: string | symbol, ...args: unknown[]): boolean =>
    event === 'error' && isRefusal(args[0])
      ? emit('error', new ConnectionFailure('TLS_CLIENT_CERTIFICATE_REFUSED'))
      : emit(event, ...args);
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && refusals.has(String(error.code));
}

const dayMs = 86_400_000;

function daysLeft({ valid_to: end }: PeerCertificate): number | null {
  const endsAt = Date.parse(end);
  return Number.isNaN(endsAt) ? null : Math.floor((endsAt - systemClock.now().getTime()) / dayMs);
}

function contextOr(
  socket: Duplex,
  { caCertificate, target, maxVersion }: TlsOptions,
): SecureContext {
  try {
    const client = target ? clientCertificateOf(target) : null;
    const shape = { caCertificate, maxVersion: maxVersion ?? null };
    return client ? makeContext(shape, client) : contextFor(shape);
  } catch (error) {
    socket.destroy();
    throw error instanceof ConnectionFailure ? error : new ConnectionFailure('CREDENTIALS_INVALID');
  }
}

/** What an OpenSSL or Node error code of a handshake means to the person. */
function tlsFailure(code: string | undefined): ConnectionFailureCode {
  return (code && failures[code]) || 'TLS_FAILED';
}

const failures: { readonly [code: string]: ConnectionFailureCode | undefined } = {
  // What came back is no TLS at all: the server speaks in the clear on this port.
  ERR_SSL_WRONG_VERSION_NUMBER: 'TLS_NOT_SUPPORTED',
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

// OpenSSL's names of the alerts of RFC 8446, section 6.2, that are about our certificate.
const refusals: ReadonlySet<string> = new Set([
  'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
  'ERR_SSL_SSLV3_ALERT_NO_CERTIFICATE',
  'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE',
  'ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE',
  'ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED',
  'ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED',
  'ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN',
  'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
  'ERR_SSL_TLSV1_ALERT_ACCESS_DENIED',
]);

// A context with its own list of roots takes milliseconds to build, as long as the handshake itself.
const contexts = new Map<string, SecureContext>();
const maxContexts = 64;

interface ContextShape {
  readonly caCertificate: string | null;
  readonly maxVersion: 'TLSv1.2' | null;
}

function contextFor(shape: ContextShape): SecureContext {
  const key = JSON.stringify([shape.maxVersion, shape.caCertificate]);
  const known = contexts.get(key);
  if (known) return known;
  const context = makeContext(shape, null);
  const [oldest] = contexts.keys();
  if (contexts.size >= maxContexts && oldest !== undefined) contexts.delete(oldest);
  contexts.set(key, context);
  return context;
}

/** Contexts with a client's key are made anew each time: nothing keeps a secret beyond its use. */
function makeContext(
  { caCertificate, maxVersion }: ContextShape,
  client: ClientCertificate | null,
): SecureContext {
  return createSecureContext({
    minVersion: 'TLSv1.2',
    ...(maxVersion === null ? {} : { maxVersion }),
    // `ca` replaces the system's roots, hence the list of them.
    ...(caCertificate === null ? {} : { ca: [...getCACertificates('default'), caCertificate] }),
    ...(client ?? {}),
  });
}
