import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Deadline, withDeadline } from '../../../egress/deadline.ts';
import { startTls, type TlsOptions } from '../../../egress/tls.ts';
import { ConnectionFailure } from '../../connector.ts';
import { HandshakeStream } from './handshake-stream.ts';
import { parsePrelogin, type Prelogin, preloginRequest } from './prelogin.ts';

/**
 * Agrees with the server to encrypt everything, and does the handshake. Nothing but the request itself
 * has left when it resolves with a verified peer.
 * Throws TLS_NOT_SUPPORTED, what a socket without answer ends in, and what `startTls` throws.
 */
export async function negotiateTls(socket: Socket, options: TlsOptions): Promise<Duplex> {
  const startedAt = performance.now();
  const { encrypts } = await ask(socket, true, options);
  if (!encrypts) throw new ConnectionFailure('TLS_NOT_SUPPORTED');
  const leftMs = Math.max(options.timeoutMs - (performance.now() - startedAt), 1);
  const stream = new HandshakeStream(socket);
  const secure = await startTls(stream, {
    ...options,
    timeoutMs: leftMs,
    // After its handshake TLS 1.3 goes on sending, which these packets have no place for.
    maxVersion: 'TLSv1.2',
  });
  stream.unwrap();
  return secure;
}

/**
 * Agrees with the server to encrypt nothing, the sign-in included.
 * Throws TLS_REQUIRED, and what a socket without answer ends in.
 */
export async function negotiatePlain(socket: Socket, deadline: Deadline): Promise<Duplex> {
  const { encrypts } = await ask(socket, false, deadline);
  if (encrypts) throw new ConnectionFailure('TLS_REQUIRED');
  return socket;
}

/** Sends our part and waits for the server's; leaves the socket paused behind it. */
function ask(socket: Socket, encrypted: boolean, deadline: Deadline): Promise<Prelogin> {
  const { promise, resolve, reject } = Promise.withResolvers<Prelogin>();
  let bytes = Buffer.alloc(0);
  const lost = (): void => reject(new ConnectionFailure('CONNECTION_LOST'));
  const read = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    try {
      const answer = parsePrelogin(bytes);
      if (!answer) return;
      socket.pause();
      resolve(answer);
    } catch (error) {
      reject(error);
    }
  };
  socket.on('data', read);
  socket.on('end', lost);
  socket.on('close', lost);
  socket.write(preloginRequest(encrypted));
  const waited = promise.finally(() => {
    socket.off('data', read);
    socket.off('end', lost);
    socket.off('close', lost);
  });
  return withDeadline(waited, deadline, () => socket.destroy());
}
