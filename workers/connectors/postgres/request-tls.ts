import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { withDeadline } from '../../egress/deadline.ts';
import { startTls, type TlsOptions } from '../../egress/tls.ts';
import { ConnectionFailure } from '../connector.ts';
import { tlsRequest } from './messages.ts';

/**
 * Asks a PostgreSQL server for TLS and does the handshake. Nothing but the request itself, no user
 * name either, has left when it resolves with a verified peer.
 * Throws TLS_NOT_SUPPORTED, PROTOCOL_ERROR, CONNECTION_LOST, and what `startTls` throws.
 */
export async function requestTls(socket: Socket, options: TlsOptions): Promise<TLSSocket> {
  const startedAt = performance.now();
  const { signal, timeoutMs } = options;
  await withDeadline(askForTls(socket), { signal, timeoutMs }, () => socket.destroy());
  const leftMs = Math.max(timeoutMs - (performance.now() - startedAt), 1);
  return startTls(socket, { ...options, timeoutMs: leftMs });
}

function askForTls(socket: Socket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const lost = (): void => reject(new ConnectionFailure('CONNECTION_LOST'));
  const answered = (chunk: Buffer): void => {
    socket.pause();
    const answer = chunk.toString('latin1');
    if (answer === 'S') resolve();
    else if (answer.startsWith('N')) reject(new ConnectionFailure('TLS_NOT_SUPPORTED'));
    // More than one byte is somebody on the way trying to slip plain text into the encrypted
    // session (CVE-2021-23222).
    else reject(new ConnectionFailure('PROTOCOL_ERROR'));
  };
  socket.once('data', answered);
  socket.on('error', lost);
  socket.on('close', lost);
  socket.write(tlsRequest);
  return promise.finally(() => {
    socket.off('data', answered);
    socket.off('close', lost);
    // The handshake takes over from here; its errors come out of the TLS socket.
    socket.off('error', lost);
  });
}
