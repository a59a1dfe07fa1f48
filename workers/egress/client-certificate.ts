import { createPrivateKey, X509Certificate } from 'node:crypto';
import { ConnectionFailure, type ConnectionTarget } from '../connectors/connector.ts';

/** A certificate by which we prove who we are, PEM, with the key that it is for. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/**
 * The client certificate of a connection, or null when it has none. Certificate and key are parsed
 * here, before anything is sent: OpenSSL would object in the middle of the handshake.
 * Throws CREDENTIALS_INVALID for a certificate without its own key, or with an encrypted one.
 */
export function clientCertificateOf({
  connection,
  secrets,
}: Pick<ConnectionTarget, 'connection' | 'secrets'>): ClientCertificate | null {
  const { sslClientCertificate: cert } = connection;
  if (cert === null) return null;
  const key = secrets.sslClientKey?.replace(/\\r\\n|\\n/g, '\n');
  if (key === undefined || !belongTogether(cert, key)) {
    throw new ConnectionFailure('CREDENTIALS_INVALID');
  }
  return { cert, key };
}

function belongTogether(cert: string, key: string): boolean {
  try {
    // Of a bundle the first certificate is ours; the others vouch for it.
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
