import type { Socket } from 'node:net';
import type { Resolver } from '../../egress/resolve.ts';
import { openTransport } from '../../egress/transport.ts';
import { ConnectionFailure, type ConnectionTarget } from '../connector.ts';
import type { ProbeStepper } from '../probe-steps.ts';
import { toFailure } from './failures.ts';
import type { Greeting } from './wire/greeting.ts';
import type { WireLimits } from '../limits.ts';
import type { Deadlines } from './limits.ts';
import { readGreeting } from './wire/read-greeting.ts';
import { requestTls } from './wire/request-tls.ts';
import { MysqlSession } from './session.ts';
import { type Endpoint, endpointOf } from './target.ts';

/** Asks a server to end the session of a thread, which was connected to `address`. Never throws. */
type Killer = (address: string, threadId: number) => Promise<void>;

export interface SessionSettings {
  readonly deadlines: Deadlines;
  readonly limits: WireLimits;
  readonly resolver: Resolver;
}

/**
 * Opens, checks, encrypts and signs in, in that order.
 * Throws ConnectionFailure; nothing is left open then.
 */
export function openSession(
  target: ConnectionTarget,
  settings: SessionSettings,
  signal: AbortSignal,
  step: ProbeStepper = (_name, work) => work(),
): Promise<MysqlSession> {
  const kill: Killer = (address, threadId) => killSession(target, settings, address, threadId);
  return open(target, settings, { signal, step, kill });
}

interface Opening {
  readonly signal: AbortSignal;
  readonly step: ProbeStepper;
  readonly kill: Killer;
}

async function open(
  target: ConnectionTarget,
  settings: SessionSettings,
  { signal, step, kill }: Opening,
): Promise<MysqlSession> {
  const { deadlines, resolver } = settings;
  const endpoint = await endpointBySteps(target, step);
  const { host, port, encrypted } = endpoint;
  const plain = await openTransport(target, {
    ...{ host, port, signal, resolver, step },
    resolveTimeoutMs: deadlines.resolveMs,
    connectTimeoutMs: deadlines.connectMs,
  });
  const address = plain.remoteAddress ?? host;
  // From here on errors come out of the streams above; without a listener they would end the process.
  plain.on('error', () => plain.destroy());
  try {
    const timeoutMs = deadlines.tlsMs;
    const tls = { host, caCertificate: target.connection.sslCaCertificate, target, signal };
    const greet = (): Promise<Greeting> => readGreeting(plain, encrypted, { timeoutMs, signal });
    const secure = async (): Promise<{ socket: Socket; greeting: Greeting }> => {
      const startedAt = performance.now();
      const greeting = await greet();
      const leftMs = Math.max(timeoutMs - (performance.now() - startedAt), 1);
      return { socket: await requestTls(plain, greeting, { ...tls, timeoutMs: leftMs }), greeting };
    };
    const upgraded = encrypted ? await step('tls', secure) : null;
    return await step('sign-in', async () => {
      const { socket, greeting } = upgraded ?? { socket: plain, greeting: await greet() };
      const context = {
        ...{ endpoint, deadlines, limits: settings.limits, signal, memory: target.memory },
        kill: (threadId: number) => kill(address, threadId),
      };
      const session = new MysqlSession(socket, greeting, context);
      await session.signIn();
      return session;
    });
  } catch (error) {
    plain.destroy();
    throw toFailure(error, { signingIn: true, encrypted });
  }
}

/** A connection that nothing may be sent for ends at the layer that would have sent it. */
async function endpointBySteps(target: ConnectionTarget, step: ProbeStepper): Promise<Endpoint> {
  try {
    return endpointOf(target);
  } catch (error) {
    return step('tls', () =>
      Promise.reject(toFailure(error, { signingIn: true, encrypted: false })),
    );
  }
}

/**
 * Asks the server, in a session of its own, to end the session `threadId` with what it is doing: a
 * server does not look at a closed socket while a statement runs or waits for a lock. Best effort,
 * within `closeMs`: never throws. Any user may kill what is his own.
 */
async function killSession(
  target: ConnectionTarget,
  settings: SessionSettings,
  address: string,
  threadId: number,
): Promise<void> {
  const { closeMs } = settings.deadlines;
  const signal = AbortSignal.timeout(closeMs);
  // The same machine as before, unless a tunnel leads there, whose own end is loopback.
  const resolver = target.connection.sshEnabled
    ? settings.resolver
    : (host: string) =>
        host === target.connection.host
          ? Promise.resolve([address])
          : Promise.reject(new ConnectionFailure('HOST_NOT_FOUND'));
  try {
    const session = await open(
      target,
      { ...settings, resolver },
      {
        ...{ signal, step: (_name, work) => work() },
        // A killer that is stuck is not killed in turn, or a mute server would keep us at it for ever.
        kill: () => Promise.resolve(),
      },
    );
    try {
      await session.query(`kill ${threadId}`, { rows: 0, timeoutMs: closeMs });
    } finally {
      await session.close();
    }
  } catch {
    // The statement ends by its own deadline on the server then.
  }
}
