import type { Socket } from 'node:net';
import ssh2, { type Client, type ClientChannel } from 'ssh2';
import { z } from 'zod';
import type { ConnectionFailureCode } from '../../../shared/failures/connection-failures.ts';
import { ConnectionFailure } from '../../connectors/connector.ts';
import { type Deadline, withDeadline } from '../deadline.ts';
import { algorithmsWith, type hostKeyKinds } from './algorithms.ts';
import type { HostKeyCheck } from './host-key.ts';
import { signInMethods, type SshSignIn } from './sign-in.ts';

export interface SshHandshake extends SshSignIn {
  readonly hostKey: HostKeyCheck;
  readonly kinds: typeof hostKeyKinds;
}

// A server that has gone without a word is noticed after 40 s; TCP itself would take two hours.
const keepalive = { keepaliveInterval: 10_000, keepaliveCountMax: 3 } as const;
// ssh2 grants a channel 2 MiB at a time and does not check that the server keeps to it.
const maxBufferedBytes = 4 * 1024 * 1024;
// RFC 4253, section 6.1: every side takes packets of 32 KiB. ssh2 loops for ever over a size of 0.
const OpenedChannel = z.object({ outgoing: z.object({ packetSize: z.int().min(1_024) }) });

/** A signed-in connection to an SSH server, over a socket that is opened and judged already. */
export class SshConnection {
  readonly #client: Client;
  readonly #socket: Socket;
  readonly #channels = new Set<ClientChannel>();

  private constructor(client: Client, socket: Socket) {
    this.#client = client;
    this.#socket = socket;
    socket.on('data', () => this.#watchBuffers());
  }

  /**
   * Exchanges keys, checks the server's host key before anything about us is said, and signs in.
   * Throws SSH_HOST_KEY_CHANGED, SSH_ALGORITHMS_WEAK, SSH_AUTHENTICATION_FAILED, SSH_TIMEOUT,
   * SSH_FAILED, and CONNECTION_LOST when aborted; the socket is destroyed then.
   */
  static async open(
    socket: Socket,
    handshake: SshHandshake,
    deadline: Deadline,
  ): Promise<SshConnection> {
    const client = new ssh2.Client();
    const connection = new SshConnection(client, socket);
    try {
      const ready = connection.#handshake(handshake);
      await withDeadline(ready, { ...deadline, code: 'SSH_TIMEOUT' }, () => socket.destroy());
      return connection;
    } catch (error) {
      socket.destroy();
      throw error instanceof ConnectionFailure ? error : new ConnectionFailure('SSH_FAILED');
    }
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed && this.#socket.writable;
  }

  /** Runs `listener` once when the connection has ended, however it did. */
  onClose(listener: () => void): void {
    this.#socket.once('close', listener);
    if (this.#socket.destroyed) listener();
  }

  /**
   * Has the server connect to an endpoint of its network.
   * Throws SSH_FORWARDING_REFUSED, TIMEOUT, SSH_FAILED, and CONNECTION_LOST when aborted.
   */
  async openChannel(host: string, port: number, deadline: Deadline): Promise<ClientChannel> {
    if (!this.isOpen) throw new ConnectionFailure('SSH_FAILED');
    const { promise, resolve, reject } = Promise.withResolvers<ClientChannel>();
    let abandoned = false;
    // The originator (RFC 4254, section 7.2) is for the server's log.
    this.#client.forwardOut('127.0.0.1', 0, host, port, (error, channel) => {
      if (error) {
        reject(new ConnectionFailure(this.isOpen ? 'SSH_FORWARDING_REFUSED' : 'SSH_FAILED'));
      } else if (abandoned) {
        channel.close();
      } else if (!OpenedChannel.safeParse(channel).success) {
        this.#socket.destroy();
        reject(new ConnectionFailure('SSH_FAILED'));
      } else {
        this.#adopt(channel);
        resolve(channel);
      }
    });
    return withDeadline(promise, deadline, () => {
      abandoned = true;
    });
  }

  /** Says goodbye and closes, within a second whatever the server does. */
  close(): void {
    if (this.#socket.destroyed) return;
    this.#socket.setTimeout(1_000, () => this.#socket.destroy());
    this.#client.end();
  }

  #adopt(channel: ClientChannel): void {
    this.#channels.add(channel);
    channel.once('close', () => this.#channels.delete(channel));
    channel.on('error', () => channel.close());
    // Nothing comes here but from a server that wants memory.
    channel.stderr.resume();
  }

  #watchBuffers(): void {
    for (const channel of this.#channels) {
      if (channel.readableLength > maxBufferedBytes) this.#socket.destroy();
    }
  }

  #handshake(handshake: SshHandshake): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const client = this.#client;
    let signingIn = false;
    const fail = (code: ConnectionFailureCode): void => {
      reject(new ConnectionFailure(code));
      this.#socket.destroy();
    };
    client.once('ready', resolve);
    client.once('handshake', () => {
      signingIn = true;
    });
    client.on('error', (error) => fail(codeOf(error, handshake.hostKey, signingIn)));
    client.on('close', () => fail('SSH_FAILED'));
    client.on('change password', () => fail('SSH_AUTHENTICATION_FAILED'));
    const next = signInMethods(handshake);
    client.connect({
      sock: this.#socket,
      username: handshake.username,
      hostVerifier: (key: Buffer) => handshake.hostKey.verify(key),
      authHandler: (accepted) => next(accepted),
      algorithms: algorithmsWith(handshake.kinds.flat()),
      // The deadline outside is the one that counts.
      readyTimeout: 0,
      ...keepalive,
    });
    return promise;
  }
}

// Disconnect messages of RFC 4253, section 11.1, carry a number in `code`, ssh2's own errors a level.
function codeOf(
  error: Error & { level?: string; code?: unknown },
  hostKey: HostKeyCheck,
  signingIn: boolean,
): ConnectionFailureCode {
  if (hostKey.refused) return 'SSH_HOST_KEY_CHANGED';
  if (error.level === 'client-authentication') return 'SSH_AUTHENTICATION_FAILED';
  // "Too many authentication failures" comes as a goodbye.
  if (signingIn && typeof error.code === 'number') return 'SSH_AUTHENTICATION_FAILED';
  const noCommon = error.message.startsWith('Handshake failed: no matching');
  return error.level === 'handshake' && noCommon ? 'SSH_ALGORITHMS_WEAK' : 'SSH_FAILED';
}
