import type { Socket } from 'node:net';
import { ConnectionFailure, type ProbeStepName } from '../../connectors/connector.ts';
import type { Resolver } from '../resolve.ts';
import { startTls } from '../tls.ts';
import { openTransport } from '../transport.ts';
import type { TransportTarget } from '../transport-options.ts';
import type { HttpDeadlines } from './limits.ts';

/** Runs one named step of opening a connection; a probe times the steps through it. */
export type HttpStep = <T>(step: ProbeStepName, work: () => Promise<T>) => Promise<T>;

/**
 * Where names lead to. Tests route a vendor's name to a stand-in on loopback; that the server proves
 * to be the vendor's name is checked all the same. Never filled from a connection or a variable.
 */
export interface HttpRoute {
  readonly resolver?: Resolver;
  /** The TCP port to dial for an origin, in place of its own. */
  readonly portOf?: (origin: URL) => number;
  /** PEM certificates trusted in addition to the system's and the connection's. */
  readonly extraCa?: string;
}

export interface DialOptions {
  readonly target: TransportTarget;
  readonly origin: URL;
  readonly route: HttpRoute;
  readonly deadlines: HttpDeadlines;
  readonly signal: AbortSignal;
  readonly step: HttpStep;
}

/** A connection to an origin, encrypted and verified unless its scheme is http. */
export async function dial(options: DialOptions): Promise<Socket> {
  const { target, origin, route, deadlines, signal, step } = options;
  const host = origin.hostname.replace(/^\[|\]$/g, '');
  const plain = await openTransport(target, {
    host,
    port: route.portOf?.(origin) ?? portOf(origin),
    signal,
    resolveTimeoutMs: deadlines.resolveMs,
    connectTimeoutMs: deadlines.connectMs,
    ...(route.resolver ? { resolver: route.resolver } : {}),
    step,
  });
  // From here on errors come out of the streams above; without a listener they would end the process.
  plain.on('error', () => plain.destroy());
  if (origin.protocol === 'http:') return plain;
  const caCertificate = joined(target.connection.sslCaCertificate, route.extraCa);
  const secure = await step('tls', () =>
    startTls(plain, { host, caCertificate, target, signal, timeoutMs: deadlines.tlsMs }),
  );
  secure.on('error', () => secure.destroy());
  return secure;
}

/**
 * The origin of an HTTPS service, or of an HTTP one for connections without TLS where the dialect
 * has such. Throws INTERNAL_ERROR for anything that is not exactly an origin.
 */
export function parseOrigin(text: string, allowCleartext: boolean): URL {
  const origin = URL.parse(text);
  const allowed = allowCleartext ? ['https:', 'http:'] : ['https:'];
  if (!origin || !allowed.includes(origin.protocol) || `${origin.origin}/` !== origin.href) {
    throw new ConnectionFailure('INTERNAL_ERROR');
  }
  return origin;
}

function portOf(origin: URL): number {
  if (origin.port !== '') return Number(origin.port);
  return origin.protocol === 'https:' ? 443 : 80;
}

function joined(...certificates: (string | null | undefined)[]): string | null {
  const given = certificates.filter((pem) => pem !== null && pem !== undefined && pem !== '');
  return given.length > 0 ? given.join('\n') : null;
}
