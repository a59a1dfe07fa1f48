import { connect, type Socket } from 'node:net';

const headEnd = Buffer.from('\r\n\r\n');
const lastChunk = Buffer.from('0\r\n\r\n');

/** What became of one request. */
export interface Answer {
  readonly status: number;
  readonly durationMs: number;
  /** Of answers other than 2xx. */
  readonly text: string;
}

/**
 * One kept connection with at most one request under way, and as little work per answer as possible:
 * what the generator costs is taken from both sides that are compared.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #request: Buffer;
  readonly #onAnswer: (answer: Answer) => void;
  #received: Buffer[] = [];
  /** Bytes of the body still to come; null until the head is there, -1 for a chunked one. */
  #missing: number | null = null;
  #status = 0;
  #sentAt = 0;

  constructor(
    at: { host: string; port: number },
    request: string,
    onAnswer: (answer: Answer) => void,
  ) {
    this.#request = Buffer.from(request);
    this.#onAnswer = onAnswer;
    this.#socket = connect({ ...at, noDelay: true });
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#socket.on('error', (error) => this.#settle(0, error.message));
    this.#socket.on('end', () => this.#settle(0, 'the connection was closed'));
  }

  send(): void {
    this.#received = [];
    this.#missing = null;
    this.#sentAt = performance.now();
    this.#socket.write(this.#request);
  }

  close(): void {
    this.#socket.removeAllListeners('end');
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#received.push(chunk);
    if (this.#missing === null) this.#readHead();
    else if (this.#missing > 0) this.#missing -= chunk.length;
    if (this.#missing === 0 || (this.#missing === -1 && this.#endsWithLastChunk())) {
      const isGood = this.#status >= 200 && this.#status < 300;
      this.#settle(this.#status, isGood ? '' : Buffer.concat(this.#received).toString('utf8'));
    }
  }

  #readHead(): void {
    const bytes = this.#received.length === 1 ? this.#received[0] : Buffer.concat(this.#received);
    const end = bytes?.indexOf(headEnd) ?? -1;
    if (!bytes || end < 0) return;
    const head = bytes.toString('latin1', 0, end);
    this.#status = Number(head.slice(9, 12));
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    this.#missing = length === undefined ? -1 : Number(length) - (bytes.length - end - 4);
  }

  // Only one answer is under way and JSON contains no CR LF, so this is its end and nothing else.
  #endsWithLastChunk(): boolean {
    const tail = Buffer.concat(this.#received.slice(-2)).subarray(-lastChunk.length);
    return tail.equals(lastChunk);
  }

  #settle(status: number, text: string): void {
    this.#onAnswer({ status, text, durationMs: performance.now() - this.#sentAt });
  }
}
