import type { Socket } from 'node:net';
import type { ConnectionFailureCode } from '../../../shared/failures/connection-failures.ts';
import { ConnectionFailure } from '../../connectors/connector.ts';
import { openGuardedSocket } from '../socket.ts';
import type {
  TransportOptions,
  TransportStepRunner,
  TransportTarget,
} from '../transport-options.ts';
import { signInToSsh } from './sign-in-to-ssh.ts';
import { Tunnel } from './tunnel.ts';

interface TargetState {
  tunnel: Tunnel | null;
  /** The host key that took the sign-in of this target's first tunnel. */
  trusted: string | null;
}

// A target is made for one probe or one sync, so its tunnel cannot outlive either.
const states = new WeakMap<TransportTarget, TargetState>();

const defaultPort = 22;

/**
 * A socket to `options.host` as the SSH server of the target sees it. All sockets of a target share
 * one SSH connection, which closes with the last of them; when it breaks, its sockets are destroyed
 * with CONNECTION_LOST and the next call makes another.
 *
 * The egress policy judges the SSH server's address, because that is all we connect to. Where the
 * name of the database leads is decided in the SSH server's network, and must be: `localhost` and
 * 10.0.0.5 are its own there, and whether they may be reached is its owner's rule, not ours.
 */
export async function openThroughTunnel(
  target: TransportTarget,
  options: TransportOptions,
): Promise<Socket> {
  const state = states.get(target) ?? { tunnel: null, trusted: null };
  states.set(target, state);
  const { tunnel: known } = state;
  const tunnel = known && !known.isClosed ? known : new Tunnel();
  state.tunnel = tunnel;
  // Without a wait before this line a caller who comes in the tick in which the last socket is
  // closed, as PostgreSQL's CancelRequest does, still gets the tunnel.
  const release = tunnel.lease();
  const step: TransportStepRunner = options.step ?? ((_name, work) => work());
  try {
    if (tunnel === known) return await step('ssh', () => tunnel.forward(options, release));
    const socket = await reach(target, { ...options, step });
    return await step('ssh', async () => {
      tunnel.opened(await signIn(socket, target, state, options));
      return tunnel.forward(options, release);
    });
  } catch (error) {
    if (tunnel !== known) tunnel.failed(error);
    release();
    throw error;
  }
}

async function signIn(
  socket: Socket,
  target: TransportTarget,
  state: TargetState,
  options: TransportOptions,
) {
  const pinned = target.connection.sshHostKey ?? target.sshHostKey ?? state.trusted;
  const again = (): Promise<Socket> => reach(target, { ...options, step: (_name, work) => work() });
  const { connection, hostKey } = await signInToSsh(socket, { target, options, pinned, again });
  state.trusted = hostKey;
  return connection;
}

/** Connects to the SSH server, its failures told apart from the database's. */
function reach(
  { connection, egress }: TransportTarget,
  options: TransportOptions & { readonly step: TransportStepRunner },
): Promise<Socket> {
  const { sshHost: host, sshPort: port } = connection;
  if (host === null) throw new ConnectionFailure('INTERNAL_ERROR');
  const told = (error: unknown): never => {
    // A wait that the caller has ended says nothing about the SSH server.
    if (!(error instanceof ConnectionFailure) || options.signal.aborted) throw error;
    throw new ConnectionFailure(sshFailures[error.code] ?? error.code);
  };
  return openGuardedSocket({
    ...options,
    host,
    port: port ?? defaultPort,
    policy: egress,
    step: (name, work) => options.step(name, () => work().catch(told)),
  });
}

const sshFailures: { readonly [C in ConnectionFailureCode]?: ConnectionFailureCode } = {
  HOST_NOT_FOUND: 'SSH_HOST_NOT_FOUND',
  ADDRESS_NOT_ALLOWED: 'SSH_ADDRESS_NOT_ALLOWED',
  CONNECTION_REFUSED: 'SSH_CONNECTION_REFUSED',
  HOST_UNREACHABLE: 'SSH_HOST_UNREACHABLE',
  TIMEOUT: 'SSH_TIMEOUT',
};
