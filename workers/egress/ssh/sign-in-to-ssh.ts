import type { Socket } from 'node:net';
import { ConnectionFailure } from '../../connectors/connector.ts';
import type { Deadline } from '../deadline.ts';
import type { TransportOptions, TransportTarget } from '../transport-options.ts';
import { hostKeyKinds } from './algorithms.ts';
import { SshConnection } from './connection.ts';
import { HostKeyCheck } from './host-key.ts';
import { readPrivateKey } from './private-key.ts';
import type { SshSignIn } from './sign-in.ts';

// Key exchange and sign-in; a server that looks our name up first may take some seconds.
const defaultTimeoutMs = 10_000;

interface SshServer {
  readonly target: TransportTarget;
  readonly options: TransportOptions;
  /** The fingerprint on record; null trusts the first key that takes the sign-in. */
  readonly pinned: string | null;
  /** Another socket to the same server. */
  readonly again: () => Promise<Socket>;
}

/**
 * Signs in to the server at the other end of `socket`, if it shows the host key on record. A server
 * has up to three host keys, and any of them may be the one on record: it is asked for the others
 * before it is refused. Not a byte of the sign-in leaves for a key that is not on record.
 * Throws ConnectionFailure with the codes of SSH; the socket is destroyed then.
 */
export async function signInToSsh(
  socket: Socket,
  server: SshServer,
): Promise<{ connection: SshConnection; hostKey: string | null }> {
  // Until ssh2 listens; an error without a listener would end the process.
  socket.on('error', () => socket.destroy());
  const deadline = runningDeadline(server.options);
  try {
    const signIn = await readSignIn(server.target, deadline());
    return await tryHostKeys(socket, server, signIn, deadline);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function tryHostKeys(
  first: Socket,
  { target: { findings }, pinned, again }: SshServer,
  signIn: SshSignIn,
  deadline: () => Deadline,
): Promise<{ connection: SshConnection; hostKey: string | null }> {
  let kinds = hostKeyKinds;
  const changed = (): ConnectionFailure => new ConnectionFailure('SSH_HOST_KEY_CHANGED');
  const another = (): Promise<Socket> => again().catch(() => Promise.reject(changed()));
  for (let socket = first; ; socket = await another()) {
    const hostKey = new HostKeyCheck(pinned);
    try {
      const handshake = { ...signIn, hostKey, kinds };
      const connection = await SshConnection.open(socket, handshake, deadline());
      if (findings) findings.sshHostKey = hostKey.shown;
      return { connection, hostKey: hostKey.shown };
    } catch (error) {
      if (findings) findings.sshHostKey ??= hostKey.shown;
      const isOver = kinds !== hostKeyKinds && hostKey.shown === null;
      if (hostKey.refused) kinds = hostKey.othersOf(kinds);
      // The server has no further key, so the refusal of the earlier ones stands.
      if (isOver || (hostKey.refused && kinds.length === 0)) throw changed();
      if (!hostKey.refused) throw error;
    }
  }
}

async function readSignIn(
  { connection, secrets }: TransportTarget,
  deadline: Deadline,
): Promise<SshSignIn> {
  const { sshUsername: username } = connection;
  const { sshPassword: password, sshPrivateKey, sshPrivateKeyPassphrase } = secrets;
  if (username === null) throw new ConnectionFailure('INTERNAL_ERROR');
  const key =
    sshPrivateKey === undefined
      ? null
      : await readPrivateKey(sshPrivateKey, sshPrivateKeyPassphrase, deadline);
  return { username, password, key };
}

/** One deadline for everything, of which each wait gets what is left. */
function runningDeadline({ signal, sshTimeoutMs = defaultTimeoutMs }: TransportOptions) {
  const endsAt = performance.now() + sshTimeoutMs;
  return (): Deadline => ({
    timeoutMs: Math.max(endsAt - performance.now(), 1),
    signal,
    code: 'SSH_TIMEOUT',
  });
}
