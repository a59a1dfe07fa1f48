import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Identity } from '../support/certificates.ts';

export interface StandInRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface StandInAnswer {
  readonly status: number;
  /** Sent as JSON, and packed where `headers` say `content-encoding: gzip`. */
  readonly body: unknown;
  readonly headers?: { readonly [name: string]: string };
  /** In place of the body: sent one after the other, for as long as somebody takes them. */
  readonly pieces?: Iterable<string>;
}

export type StandInHandler = (request: StandInRequest) => StandInAnswer | Promise<StandInAnswer>;

/** A vendor's HTTPS service on loopback. */
export interface HttpStandIn {
  readonly port: number;
  readonly connections: number;
  /** Keeps every answer back until the returned function is called. */
  block(): () => void;
  close(): Promise<void>;
}

/** Serves `handle` with this certificate on a free port of 127.0.0.1. */
export async function startHttpStandIn(
  identity: Identity,
  handle: StandInHandler,
): Promise<HttpStandIn> {
  const sockets = new Set<Socket>();
  let gate = Promise.resolve();
  const server: Server = createServer(identity, (request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(Buffer.from(chunk));
      const url = new URL(request.url ?? '/', 'https://stand-in.invalid');
      await gate;
      const answer = await handle({
        method: request.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        headers: request.headers,
        body: unpacked(Buffer.concat(chunks), request.headers['content-encoding']),
      });
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
      if (answer.pieces) return await send(response, answer.pieces);
      const text = JSON.stringify(answer.body);
      response.end(answer.headers?.['content-encoding'] === 'gzip' ? gzipSync(text) : text);
    })().catch(() => response.destroy());
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The stand-in has no port');
  return {
    port: address.port,
    get connections() {
      return sockets.size;
    },
    block() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function send(response: ServerResponse, pieces: Iterable<string>): Promise<void> {
  for (const piece of pieces) {
    if (response.destroyed) return;
    // Called when it has gone, or cannot go any more.
    await new Promise<void>((resolve) => response.write(piece, () => resolve()));
  }
  response.end();
}

function unpacked(body: Buffer, encoding: string | undefined): string {
  return (encoding === 'gzip' ? gunzipSync(body) : body).toString();
}
