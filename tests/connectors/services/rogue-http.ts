import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import type { ConnectionFailureCode } from '../../../shared/connection-failures.ts';
import type { Connection, SecretField } from '../../../shared/connection.ts';
import type { Connector, ProbeReport } from '../../../workers/connectors/connector.ts';
import type { HttpRoute } from '../../../workers/egress/http/http.ts';
import type { Dialect } from '../../../shared/dialects.ts';
import { type Canary, startCanary } from '../../support/canary.ts';
import {
  canMakeCertificates,
  type Identity,
  makeAuthority,
  makeSelfSigned,
} from '../../support/certificates.ts';
import { connectionTarget } from '../../support/connection-target.ts';

/** A dialect that speaks HTTP, to be tried with servers that mean ill. */
export interface HttpDialect {
  readonly dialect: Dialect;
  /** The connector with this route, each of its waits `deadlineMs` at most. */
  connector(route: HttpRoute, deadlineMs: number): Connector;
  /** Passes validation; the host is the name that the rogue is reached by. */
  readonly connection: Partial<Connection> & { readonly host: string };
  /** A secret that must not be seen before the server has proved who it is. */
  readonly password: string;
  readonly secretField?: SecretField;
  /** What is sent in place of a secret that itself never leaves, such as a signed assertion. */
  readonly proof?: string;
  /** More names that the dialect asks on its way; the rogue has them all. */
  readonly moreHosts?: readonly string[];
  /** What a probe may end with where this dialect differs; PROTOCOL_ERROR for all that is no answer. */
  readonly expected?: { readonly [what in keyof typeof answers]?: ConnectionFailureCode };
}

const deadlineMs = 500;
const maxMs = 8_000;
const maxBytes = 512 * 1024 * 1024;
const MiB = 1024 * 1024;

/** What a rogue does with a connection that has sent a request. */
type Script = (socket: Socket, canary: Canary) => Promise<void> | void;

const header = (status: string, ...lines: string[]): string =>
  [`HTTP/1.1 ${status}`, ...lines, '', ''].join('\r\n');
const chunked = header('200 OK', 'transfer-encoding: chunked', 'content-type: application/json');
const json = (text: string): string =>
  header('200 OK', `content-length: ${Buffer.byteLength(text)}`) + text;

/** Ways to answer a request, each with the code that a probe ends with. */
const answers = {
  'stays mute': [() => undefined, 'TIMEOUT'],
  'drips a header byte by byte': [(socket) => drip(socket, 'HTTP/1.1 200 OK\r\nx: '), 'TIMEOUT'],
  'drips a body byte by byte': [
    (socket) => {
      socket.write(header('200 OK', 'content-length: 100000'));
      return drip(socket, ' ');
    },
    'TIMEOUT',
  ],
  'stops amid a body': [(socket) => void socket.write(`${chunked}5\r\n{"a":`), 'TIMEOUT'],
  'closes without an answer': [(socket) => void socket.destroy(), 'CONNECTION_LOST'],
  'closes amid a body': [
    (socket) => void socket.end(`${header('200 OK', 'content-length: 100')}{"a":`),
    'CONNECTION_LOST',
  ],
  'sends what is no HTTP': [
    (socket) => void socket.write('\0\x01\x02SSH-2.0-rogue\r\n'),
    'PROTOCOL_ERROR',
  ],
  'sends endless headers': [
    (socket) => flood(socket, 'HTTP/1.1 200 OK\r\n', 'x-a: b\r\n'.repeat(1_000)),
    'PROTOCOL_ERROR',
  ],
  'sends endless interim answers': [
    (socket) => flood(socket, '', 'HTTP/1.1 103 Early Hints\r\n\r\n'),
    'TIMEOUT',
  ],
  'sends an endless body': [
    (socket) => flood(socket, chunked, `10000\r\n${' '.repeat(65_536)}\r\n`),
    'LIMIT_EXCEEDED',
  ],
  'sends an endless body in pieces of a byte': [
    (socket) => flood(socket, chunked, '1\r\n \r\n'.repeat(1_000)),
    'LIMIT_EXCEEDED',
  ],
  'sends a gzip bomb': [
    (socket) => {
      // Members of one gzip stream, so that the bomb is not as large here as it is there.
      const member = gzipSync(Buffer.alloc(MiB, ' '));
      const bomb = Buffer.concat(Array.from({ length: 512 }, () => member));
      socket.write(header('200 OK', 'content-encoding: gzip', `content-length: ${bomb.length}`));
      socket.write(bomb);
    },
    'LIMIT_EXCEEDED',
  ],
  'says gzip and means it not': [
    (socket) =>
      void socket.write(header('200 OK', 'content-encoding: gzip', 'content-length: 5') + 'hello'),
    'PROTOCOL_ERROR',
  ],
  'packs in a way that nobody asked for': [
    (socket) =>
      void socket.write(header('200 OK', 'content-encoding: br', 'content-length: 5') + 'hello'),
    'PROTOCOL_ERROR',
  ],
  'writes an error of 1 MB': [
    (socket) => {
      const text = 'Code: '.repeat(175_000);
      socket.write(header('500 Internal Server Error', `content-length: ${text.length}`) + text);
    },
    'SERVER_ERROR',
  ],
  'answers with what is not JSON': [
    (socket) => void socket.write(json('<html>')),
    'PROTOCOL_ERROR',
  ],
  'answers with JSON of another shape': [
    (socket) => void socket.write(json('{"__proto__":{"status":1},"constructor":null}')),
    'PROTOCOL_ERROR',
  ],
  'answers with a hundred thousand brackets': [
    (socket) => void socket.write(json('['.repeat(100_000))),
    'PROTOCOL_ERROR',
  ],
  'redirects to another host': [
    (socket, { port }) =>
      void socket.write(
        header(
          '307 Temporary Redirect',
          `location: http://127.0.0.1:${port}/`,
          'content-length: 0',
        ),
      ),
    'PROTOCOL_ERROR',
  ],
  'redirects within its own name': [
    (socket) => void socket.write(header('302 Found', 'location: /elsewhere', 'content-length: 0')),
    'PROTOCOL_ERROR',
  ],
  'asks for an upgrade': [
    (socket) =>
      void socket.write(header('101 Switching Protocols', 'connection: upgrade', 'upgrade: h2c')),
    'CONNECTION_LOST',
  ],
} satisfies { readonly [what: string]: readonly [Script, ConnectionFailureCode] };

const authority = canMakeCertificates() ? makeAuthority() : null;

interface Rogue {
  readonly port: number;
  /** Everything that was sent, decrypted where TLS was on. */
  readonly received: string;
  close(): Promise<void>;
}

/** D2 of security.md for a dialect over HTTP: rogue servers, with TLS where the dialect has it. */
export function refusesRogues(under: HttpDialect): void {
  const { host } = under.connection;
  const names = [host, ...(under.moreHosts ?? [])].map((name) => `DNS:${name}`).join();
  let rogue: Rogue | undefined;
  let canary: Canary | undefined;

  afterEach(async () => {
    await rogue?.close();
    expect(canary?.connections ?? 0).toBe(0);
    await canary?.close();
    rogue = undefined;
    canary = undefined;
  });

  async function probe(identity: Identity | null, script: Script): Promise<ProbeReport> {
    await rogue?.close();
    canary ??= await startCanary();
    const caught = canary;
    rogue = await startRogue(identity, (socket) => script(socket, caught));
    const { port } = rogue;
    const route: HttpRoute = {
      resolver: () => Promise.resolve(['127.0.0.1']),
      portOf: () => port,
      ...(authority ? { extraCa: authority.cert } : {}),
    };
    const fields = { dialect: under.dialect, sslEnabled: true, ...under.connection };
    const connector = under.connector(route, deadlineMs);
    return bounded(() =>
      connector.probe(
        connectionTarget(fields, under.password, under.secretField),
        new AbortController().signal,
      ),
    );
  }

  const sent = (): boolean => {
    const received = rogue?.received ?? '';
    // Basic authentication hides it from nobody; every offset of base64 ends in another text.
    const forms = [0, 1, 2].map((pad) =>
      Buffer.from(' '.repeat(pad) + under.password)
        .toString('base64')
        .slice(pad === 0 ? 0 : 4, -4),
    );
    return [under.password, under.proof ?? under.password, ...forms].some((form) =>
      received.includes(form),
    );
  };

  describe.skipIf(!authority)(
    `${under.dialect} and rogue servers (needs the openssl command)`,
    () => {
      const cases = Object.entries(answers);
      test.each(cases)('one that %s', async (what, [script, usual]) => {
        const identity = authority?.sign({ names }) ?? null;
        const own = Object.entries(under.expected ?? {}).find(([name]) => name === what)?.[1];
        const report = await probe(identity, script);
        // Which of the two an endless body meets first is a matter of the machine's speed.
        const either = (own ?? usual) === 'LIMIT_EXCEEDED' ? ['LIMIT_EXCEEDED', 'TIMEOUT'] : [];
        expect([own ?? usual, ...either]).toContain(report.failure);
        expect(report.steps.at(-1)?.failure).toBe(report.failure);
        expect(JSON.stringify(report)).not.toContain('rogue');
      });

      const impostors: [string, () => Identity | null, ConnectionFailureCode][] = [
        ['self-signed', () => makeSelfSigned({ names }), 'TLS_UNTRUSTED'],
        [
          'of an authority that nobody named',
          () => makeAuthority().sign({ names }),
          'TLS_UNTRUSTED',
        ],
        [
          'for another name',
          () => authority?.sign({ names: 'DNS:other.example' }) ?? null,
          'TLS_NAME_MISMATCH',
        ],
        ['expired', () => authority?.sign({ names, days: -1 }) ?? null, 'TLS_EXPIRED'],
      ];
      test.each(impostors)(
        'gets no secret when its certificate is %s',
        async (_what, identity, code) => {
          const report = await probe(identity(), () => undefined);
          expect(report.steps.at(-1)).toMatchObject({ step: 'tls', failure: code });
          expect(sent()).toBe(false);
        },
      );

      test('gets no secret in the clear', async () => {
        const plain: Script = (socket) => void socket.write(header('400 Bad Request'));
        const report = await probe(null, plain);
        expect(report.steps.at(-1)).toMatchObject({ step: 'tls', failure: 'TLS_NOT_SUPPORTED' });
        expect(sent()).toBe(false);
      });

      test('gets no secret by being mute', async () => {
        const report = await probe(null, () => undefined);
        expect(report.steps.at(-1)).toMatchObject({ step: 'tls', failure: 'TIMEOUT' });
        expect(sent()).toBe(false);
      });

      test('is sent the secret once it has proved its name, so that the above means something', async () => {
        await probe(authority?.sign({ names }) ?? null, () => undefined);
        expect(sent()).toBe(true);
      });
    },
  );
}

async function startRogue(
  identity: Identity | null,
  script: (socket: Socket) => Promise<void> | void,
): Promise<Rogue> {
  const sockets = new Set<Socket>();
  const chunks: Buffer[] = [];
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  };
  const serve = (socket: Socket): void => {
    keep(socket);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.once('data', () => {
      void Promise.resolve(script(socket)).catch(() => socket.destroy());
    });
  };
  const server: Server = identity ? createTlsServer(identity, serve) : createServer(serve);
  server.on('connection', keep);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The rogue has no port');
  return {
    port: address.port,
    get received() {
      return Buffer.concat(chunks).toString('latin1');
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function flood(socket: Socket, first: string, again: string): Promise<void> {
  socket.write(first);
  while (!socket.destroyed) {
    // Called when it has gone, or cannot go any more.
    await new Promise<void>((resolve) => socket.write(again, () => resolve()));
  }
}

async function drip(socket: Socket, text: string): Promise<void> {
  socket.write(text);
  while (!socket.destroyed) {
    socket.write('a');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function bounded<T>(work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  // What the tests themselves hold, such as a bomb, is not the connector's.
  const before = process.memoryUsage.rss();
  let peakBytes = 0;
  const sampler = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss() - before);
  }, 10);
  try {
    return await work();
  } finally {
    clearInterval(sampler);
    expect(performance.now() - startedAt).toBeLessThan(maxMs);
    expect(peakBytes).toBeLessThan(maxBytes);
  }
}
