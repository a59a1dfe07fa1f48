import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';

/*
 * What a connection may cost that does nothing for it. Together with the interval of the checks,
 * whoever is slow is gone within 15 s; a client on a slow line sends 256 KB in less.
 */

/** Until the head of a request is there, from the connection or the request before; also silence. */
const headersTimeoutMs = 8_000;
/** Until all of a request is there. Working on it and answering it have no part in this. */
const requestTimeoutMs = 12_000;
/** Between two requests of a connection: longer than the pauses of our own client. */
const keepAliveTimeoutMs = 5_000;
/** Until a client has taken the next piece of its answer. */
const takingTimeoutMs = 8_000;
/** How often all of that is looked at; 30 s is Node's own. */
const checkIntervalMs = 1_000;
/** Of a request's head. Node's own, said here because queries of RPC have to fit into it. */
const maxHeaderBytes = 16_384;

/**
 * An HTTP server that nobody can hold by being slow: 408 and the end of the connection for requests
 * that do not come, and the end of it for answers that are not taken. Requests that leave open where
 * they end are refused by Node's parser, which nothing here makes lenient.
 */
export function createHttpServer(listener: RequestListener): Server {
  const server = createServer(
    {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      connectionsCheckingInterval: checkIntervalMs,
      maxHeaderSize: maxHeaderBytes,
      insecureHTTPParser: false,
      requireHostHeader: true,
    },
    (req, res) => {
      if (!hasTwoHosts(req)) return listener(req, res);
      res.writeHead(400, { Connection: 'close' }).end();
    },
  );
  endUntaken(server);
  return server;
}

/** RFC 9112, section 3.2: refused like none at all. Node takes the first one, and others the last. */
function hasTwoHosts({ rawHeaders }: IncomingMessage): boolean {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1;
}

/** Node has no timeout for answers but one for silence, which would end who waits for a worker. */
function endUntaken(server: Server): void {
  const sockets = new Map<Socket, { left: number; sinceMs: number }>();
  server.on('connection', (socket: Socket) => {
    sockets.set(socket, { left: 0, sinceMs: performance.now() });
    socket.once('close', () => sockets.delete(socket));
  });
  const check = (): void => {
    const nowMs = performance.now();
    for (const [socket, seen] of sockets) {
      const left = socket.bytesWritten - socket.writableLength;
      const isMoving = socket.writableLength === 0 || left !== seen.left;
      if (isMoving) sockets.set(socket, { left, sinceMs: nowMs });
      // Closed in the ordinary way, it would go on holding what the kernel has of the answer.
      else if (nowMs - seen.sinceMs > takingTimeoutMs) socket.resetAndDestroy();
    }
  };
  const timer = setInterval(check, checkIntervalMs).unref();
  server.once('close', () => clearInterval(timer));
}
