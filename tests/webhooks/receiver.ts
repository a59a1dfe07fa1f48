import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Identity } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';

/** One request, as it came. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** How it answers from now on; 204 at first. */
  answer(by: (response: ServerResponse, request: Received) => void): void;
  close(): Promise<void>;
}

/** A receiver of webhooks on loopback; with TLS when it is given a certificate. */
export async function startReceiver(identity?: Identity): Promise<Receiver> {
  const received: Received[] = [];
  const respond = {
    by: (response: ServerResponse, _request: Received): void => void response.writeHead(204).end(),
  };
  const server = identity ? createTlsServer(identity) : createServer();
  server.on('request', (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const one = { path: request.url ?? '', headers: request.headers, body };
      received.push(one);
      respond.by(response, one);
    });
  });
  const port = await freePort();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `${identity ? 'https' : 'http'}://127.0.0.1:${port}/hooks?from=basekeep`,
    received,
    answer: (by) => {
      respond.by = by;
    },
    close: async () => {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}
