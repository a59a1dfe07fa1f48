import type { Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { Identity } from '../certificates.ts';
import { startSocketServer } from './socket-server.ts';

/** One client of a rogue, as its script sees it. */
export interface RoguePeer<Message> {
  /** Sends bytes as they are. Resolves when they have gone, so that endless floods feel the brakes. */
  send(bytes: Buffer): Promise<void>;
  /** The client's next message, or null when it has gone. */
  receive(): Promise<Message | null>;
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

/** Takes the first message out of what a client has sent: null as long as it is not all there. */
export type Unframe<Message> = (bytes: Buffer) => { message: Message; length: number } | null;

/** A server that does what `script` says on each connection, and nothing else. */
export async function startRogue<Message>(
  newUnframe: () => Unframe<Message>,
  script: (peer: RoguePeer<Message>) => Promise<void>,
): Promise<RogueServer> {
  const all: Buffer[] = [];
  const clear: Buffer[] = [];
  const server = await startSocketServer((socket) => {
    const peer = new ScriptedPeer(socket, newUnframe(), { all, clear });
    void script(peer).catch(() => peer.close());
  });
  return {
    port: server.port,
    get received() {
      return Buffer.concat(all);
    },
    get receivedInClear() {
      return Buffer.concat(clear);
    },
    close: () => server.close(),
  };
}

interface Records {
  readonly all: Buffer[];
  readonly clear: Buffer[];
}

class ScriptedPeer<Message> implements RoguePeer<Message> {
  #stream: Socket;
  readonly #unframe: Unframe<Message>;
  readonly #records: Records;
  #held = Buffer.alloc(0);
  #wake: () => void = () => undefined;

  constructor(socket: Socket, unframe: Unframe<Message>, records: Records) {
    this.#stream = socket;
    this.#unframe = unframe;
    this.#records = records;
    this.#listen([records.all, records.clear]);
  }

  get closed(): boolean {
    return this.#stream.destroyed || this.#stream.readableEnded;
  }

  async send(bytes: Buffer): Promise<void> {
    if (this.closed) throw new Error('gone');
    // Called when they have gone, or cannot go any more.
    await new Promise<void>((resolve) => this.#stream.write(bytes, () => resolve()));
  }

  async receive(): Promise<Message | null> {
    for (;;) {
      const first = this.#unframe(this.#held);
      if (first) {
        this.#held = this.#held.subarray(first.length);
        return first.message;
      }
      if (this.closed) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  encrypt(identity: Identity): void {
    this.#stream.removeAllListeners('data');
    // The client's handshake may have come right behind its request.
    this.#stream.pause();
    if (this.#held.length > 0) this.#stream.unshift(this.#held);
    this.#held = Buffer.alloc(0);
    const secureContext = createSecureContext(identity);
    this.#stream = new TLSSocket(this.#stream, { isServer: true, secureContext });
    this.#listen([this.#records.all]);
  }

  close(): void {
    this.#stream.destroy();
  }

  #listen(records: readonly Buffer[][]): void {
    const wake = (): void => this.#wake();
    this.#stream.on('data', (chunk: Buffer) => {
      for (const record of records) record.push(chunk);
      this.#held = Buffer.concat([this.#held, chunk]);
      wake();
    });
    this.#stream.on('error', () => this.#stream.destroy());
    this.#stream.on('end', wake);
    this.#stream.on('close', wake);
  }
}

/** Waits until the client has gone. */
export async function stayMute(peer: RoguePeer<unknown>): Promise<void> {
  while (await peer.receive());
}

/** Sends the same bytes until the client has gone. */
export async function flood(peer: RoguePeer<unknown>, bytes: Buffer): Promise<void> {
  while (!peer.closed) await peer.send(bytes);
}
