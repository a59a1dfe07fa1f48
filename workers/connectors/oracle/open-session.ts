import type { Socket } from 'node:net';
import { withDeadline } from '../../egress/deadline.ts';
import { forwardPort } from '../../egress/forward-port.ts';
import type { Resolver } from '../../egress/resolve.ts';
import { ConnectionFailure, type ConnectionTarget } from '../connector.ts';
import type { ProbeStepper } from '../probe-steps.ts';
import { connect, type Driver } from './driver.ts';
import { toFailure } from './failures.ts';
import type { Deadlines, OracleLimits } from './limits.ts';
import { OracleSession } from './session.ts';
import { type Endpoint, endpointOf } from './target.ts';
import { Encryption } from './wire/encryption.ts';
import { GatedStream } from './wire/gated-stream.ts';

export interface SessionSettings {
  readonly deadlines: Deadlines;
  readonly limits: OracleLimits;
  readonly resolver: Resolver;
  /** Throws DRIVER_MISSING. */
  readonly loadDriver: () => Promise<Driver>;
}

/**
 * Opens, encrypts, checks and signs in, in that order. The driver itself gets a port on loopback: it
 * knows neither the server's address nor that there is TLS.
 * Throws ConnectionFailure; nothing is left open then.
 */
export async function openSession(
  target: ConnectionTarget,
  settings: SessionSettings,
  signal: AbortSignal,
  step: ProbeStepper = (_name, work) => work(),
): Promise<OracleSession> {
  const { deadlines, limits, resolver } = settings;
  const endpoint = endpointOf(target);
  const driver = await settings.loadDriver();
  const opened = Promise.withResolvers<GatedStream>();
  const port = await forwardPort(target, {
    ...{ host: endpoint.host, port: endpoint.port, signal, resolver, step },
    resolveTimeoutMs: deadlines.resolveMs,
    connectTimeoutMs: deadlines.connectMs,
    async through(socket) {
      const { memory } = target;
      const encryption = encryptionOf(socket, endpoint, { target, settings, signal });
      const open = (): Promise<GatedStream> =>
        GatedStream.open({ socket, encryption, limits, memory });
      const gated = await (encryption ? step('tls', open) : open());
      opened.resolve(gated);
      return gated;
    },
  });
  const stream = await opened.promise;
  return step('sign-in', async () => {
    try {
      // No server lets anybody in without one (ORA-01005): nothing is sent that looks like one.
      if (endpoint.password === '') throw new ConnectionFailure('AUTHENTICATION_FAILED');
      const { fetchRows } = limits;
      const deadline = { timeoutMs: deadlines.signInMs, signal };
      const work = connect(driver, port.port, endpoint);
      const connection = await withDeadline(work, deadline, () => port.close());
      const context = { driver, deadlines, fetchRows, signal, port, stream };
      return new OracleSession(connection, { ...context, memory: target.memory });
    } catch (error) {
      port.close();
      throw toFailure(error, stream.reason);
    }
  });
}

interface Way {
  readonly target: ConnectionTarget;
  readonly settings: SessionSettings;
  readonly signal: AbortSignal;
}

function encryptionOf(
  socket: Socket,
  { host, encrypted }: Endpoint,
  { target, settings, signal }: Way,
): Encryption | null {
  if (!encrypted) return null;
  const { sslCaCertificate: caCertificate } = target.connection;
  const timeoutMs = settings.deadlines.tlsMs;
  return new Encryption(socket, { host, caCertificate, target, signal, timeoutMs });
}
