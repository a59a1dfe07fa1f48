import { openTransport } from '../../egress/transport.ts';
import type { Resolver } from '../../egress/resolve.ts';
import type { ConnectionTarget } from '../connector.ts';
import type { ProbeStepper } from '../probe-steps.ts';
import { createConnection, type Driver } from './driver.ts';
import { toFailure } from './failures.ts';
import type { WireLimits } from '../limits.ts';
import type { Deadlines } from './limits.ts';
import { SqlServerSession } from './session.ts';
import { endpointOf } from './target.ts';
import { GatedSocket } from './wire/gated-socket.ts';
import { negotiatePlain, negotiateTls } from './wire/negotiate.ts';
import { TokenGate } from './wire/token-gate.ts';

export interface SessionSettings {
  readonly deadlines: Deadlines;
  readonly limits: WireLimits;
  readonly resolver: Resolver;
  /** Throws DRIVER_MISSING. */
  readonly loadDriver: () => Promise<Driver>;
}

/**
 * Opens, checks, encrypts and signs in, in that order.
 * Throws ConnectionFailure; nothing is left open then.
 */
export async function openSession(
  target: ConnectionTarget,
  settings: SessionSettings,
  signal: AbortSignal,
  step: ProbeStepper = (_name, work) => work(),
): Promise<SqlServerSession> {
  const { deadlines, limits, resolver } = settings;
  const endpoint = endpointOf(target);
  const driver = await settings.loadDriver();
  const { host, port, encrypted } = endpoint;
  const plain = await openTransport(target, {
    ...{ host, port, signal, resolver, step },
    resolveTimeoutMs: deadlines.resolveMs,
    connectTimeoutMs: deadlines.connectMs,
  });
  // From here on errors come out of the streams above; without a listener they would end the process.
  plain.on('error', () => plain.destroy());
  try {
    const { sslCaCertificate: caCertificate } = target.connection;
    const tls = { host, caCertificate, target, signal, timeoutMs: deadlines.tlsMs };
    const secure = encrypted ? await step('tls', () => negotiateTls(plain, tls)) : null;
    return await step('sign-in', async () => {
      const waiting = { timeoutMs: deadlines.signInMs, signal };
      const stream = secure ?? (await negotiatePlain(plain, waiting));
      const gate = new TokenGate(limits);
      const socket = new GatedSocket(stream, gate);
      const connection = createConnection(driver, socket, endpoint);
      const session = new SqlServerSession(socket, gate, connection, {
        ...{ driver, deadlines, signal, memory: target.memory },
      });
      await session.signIn();
      return session;
    });
  } catch (error) {
    plain.destroy();
    throw toFailure(error);
  }
}
