import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { ConnectionFailure } from '../../connector.ts';
import type { PacketGate } from './packet-gate.ts';

/**
 * An open socket as the driver reads and writes it, with the gate in between. It begins with the
 * greeting that we made for the driver; the server's own was read before.
 */
export class GatedStream extends Duplex {
  readonly #socket: Socket;
  readonly #gate: PacketGate;

  constructor(socket: Socket, gate: PacketGate, greeting: Buffer) {
    super();
    this.#socket = socket;
    this.#gate = gate;
    this.push(greeting);
    socket.on('data', (chunk: Buffer) => {
      try {
        const packets = gate.pass(chunk);
        if (packets.length > 0 && !this.push(packets)) socket.pause();
      } catch (error) {
        this.destroy(error instanceof Error ? error : new ConnectionFailure('PROTOCOL_ERROR'));
      }
    });
    socket.once('end', () => {
      if (gate.midPacket) this.destroy(new ConnectionFailure('CONNECTION_LOST'));
      else this.push(null);
    });
    socket.on('error', (error) => this.destroy(error));
    socket.once('close', () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error?: Error | null) => void,
  ): void {
    this.#socket.write(this.#gate.outgoing(chunk), done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
