import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { Identity } from '../certificates.ts';

/** One connection as a rogue's script sees it. */
export interface RoguePeer {
  /** Sends bytes as they are. Resolves when they have gone, so that endless floods feel the brakes. */
  send(bytes: Buffer): Promise<void>;
  /** The next client message: startup packets have type ''. Null when the client has gone. */
  receive(): Promise<{ type: string; body: Buffer } | null>;
  /** Goes on in TLS with this certificate. */
  encrypt(identity: Identity): void;
  close(): void;
  readonly closed: boolean;
}

export interface RogueServer {
  readonly port: number;
  /** Everything that clients sent, decrypted where TLS was on. */
  readonly received: Buffer;
  /** Everything that clients sent outside of TLS. */
  readonly receivedInClear: Buffer;
  close(): Promise<void>;
}

/** A PostgreSQL server that does what `script` says on each connection, and nothing else. */
export async function startRoguePostgres(
  script: (peer: RoguePeer) => Promise<void>,
): Promise<RogueServer> {
  const sockets = new Set<Socket>();
  const all: Buffer[] = [];
  const clear: Buffer[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    const peer = new ScriptedPeer(socket, all, clear);
    void script(peer).catch(() => peer.close());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The rogue has no port');
  return {
    port: address.port,
    get received() {
      return Buffer.concat(all);
    },
    get receivedInClear() {
      return Buffer.concat(clear);
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

class ScriptedPeer implements RoguePeer {
  #stream: Socket;
  readonly #all: Buffer[];
  #buffer = Buffer.alloc(0);
  #started = false;
  #wake: () => void = () => undefined;

  constructor(socket: Socket, all: Buffer[], clear: Buffer[]) {
    this.#stream = socket;
    this.#all = all;
    this.#listen(clear);
  }

  get closed(): boolean {
    return this.#stream.destroyed || this.#stream.readableEnded;
  }

  async send(bytes: Buffer): Promise<void> {
    if (this.closed) throw new Error('gone');
    if (this.#stream.write(bytes)) return;
    await new Promise<void>((resolve) => {
      this.#stream.once('drain', resolve);
      this.#stream.once('close', resolve);
    });
  }

  async receive(): Promise<{ type: string; body: Buffer } | null> {
    for (;;) {
      const header = this.#started ? 1 : 0;
      const length =
        this.#buffer.length >= header + 4 ? this.#buffer.readInt32BE(header) : Infinity;
      if (this.#buffer.length >= header + length) {
        const type = this.#buffer.toString('latin1', 0, header);
        const body = this.#buffer.subarray(header + 4, header + length);
        this.#buffer = this.#buffer.subarray(header + length);
        // An SSLRequest or a CancelRequest is not the startup packet; their codes begin with 1234.
        if (!this.#started) this.#started = body.readInt16BE(0) !== 1_234;
        return { type, body };
      }
      if (this.closed) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  encrypt(identity: Identity): void {
    this.#stream.removeAllListeners('data');
    const secureContext = createSecureContext(identity);
    this.#stream = new TLSSocket(this.#stream, { isServer: true, secureContext });
    this.#listen(null);
  }

  close(): void {
    this.#stream.destroy();
  }

  #listen(clear: Buffer[] | null): void {
    const wake = (): void => this.#wake();
    this.#stream.on('data', (chunk: Buffer) => {
      this.#all.push(chunk);
      clear?.push(chunk);
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      wake();
    });
    this.#stream.on('error', () => this.#stream.destroy());
    this.#stream.on('end', wake);
    this.#stream.on('close', wake);
  }
}

/** A message of the PostgreSQL protocol. */
export function message(type: string, ...parts: readonly (string | number | Buffer)[]): Buffer {
  const body = Buffer.concat(parts.map(encode));
  const header = Buffer.from(`${type}____`);
  header.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

/** A header that promises `length` bytes. */
export function header(type: string, length: number): Buffer {
  const bytes = Buffer.from(`${type}____`, 'latin1');
  bytes.writeUInt32BE(length >>> 0, 1);
  return bytes;
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** Numbers are int32, strings are zero-terminated, buffers are themselves. */
function encode(part: string | number | Buffer): Buffer {
  if (typeof part === 'number') return int32(part);
  return typeof part === 'string' ? Buffer.from(`${part}\0`) : part;
}

export const ask = {
  ok: message('R', 0),
  cleartext: message('R', 3),
  md5: message('R', 5, Buffer.from('salt')),
  scram: message('R', 10, 'SCRAM-SHA-256', Buffer.from([0])),
} as const;

export const ready = message('Z', Buffer.from('I'));
export const keyData = message('K', 4_711, 815);

export function dataRow(fields: readonly (string | null)[]): Buffer {
  const parts = fields.flatMap((field) => {
    if (field === null) return [int32(-1)];
    const bytes = Buffer.from(field);
    return [int32(bytes.length), bytes];
  });
  return message('D', int16(fields.length), ...parts);
}

export function complete(tag: string): Buffer {
  return message('C', tag);
}

export function serverError(sqlState: string, text: string, type: 'E' | 'N' = 'E'): Buffer {
  const severity = type === 'E' ? 'FATAL' : 'NOTICE';
  return message(type, `S${severity}`, `C${sqlState}`, `M${text}`, Buffer.from([0]));
}
