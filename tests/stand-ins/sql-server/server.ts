import type { Identity } from '../../support/certificates.ts';
import { startTcpStandIn, type TcpStandIn } from '../tcp-stand-in.ts';
import { answerTo, type SqlServerTable } from './catalog.ts';
import { packets } from './handshake.ts';
import { type Message, Peer } from './peer.ts';
import { type Call, readBatch, readCall, readSignIn, type SignIn } from './requests.ts';
import * as tokens from './tokens.ts';

export interface SqlServerState {
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly tables: SqlServerTable[];
  /** Sign-ins that were tried, right and wrong. */
  readonly signIns: SignIn[];
  /** Statements that were cancelled. */
  cancelled: number;
}

export interface SqlServerOptions {
  /** Encrypts when the client asks for it, as a server without certificate would not. */
  readonly identity?: Identity;
  /** Refuses clients that do not ask for TLS. */
  readonly requiresTls?: boolean;
  /** Answers a message by itself; false leaves it to the stand-in. */
  readonly onMessage?: (peer: Peer, message: Message, call: Call | null) => boolean;
}

export const type = { batch: 0x01, rpc: 0x03, attention: 0x06, login: 0x10, prelogin: 0x12 };

/** A server that speaks TDS 7.4 as far as clients sign in and read catalogs. */
export function startSqlServer(
  state: SqlServerState,
  options: SqlServerOptions = {},
): Promise<TcpStandIn> {
  return startTcpStandIn((socket, { record, unblocked }) => {
    const session = new Session(state, options, unblocked);
    const peer = new Peer(socket, (message) => session.take(peer, message), record);
    return peer;
  });
}

/** The answer to a client's first message; 1 and 3 begin TLS, 0 and 2 do not. */
export function preloginAnswer(encryption: number): Buffer {
  const options = Buffer.from([0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff]);
  return packets(
    0x04,
    Buffer.concat([options, Buffer.from([16, 0, 0x10, 0x27, 0, 0, encryption])]),
  );
}

/** The good answer to a sign-in. */
export function welcome(database: string): Buffer[] {
  return [
    tokens.change(1, database, 'master'),
    tokens.information(5_701, `Changed database context to '${database}'.`),
    tokens.change(2, 'us_english', ''),
    tokens.loginAck(),
    tokens.change(4, '4096', '4096'),
    tokens.featureAck(),
    tokens.done(),
  ];
}

/** One connection: what has been asked and is not answered yet can be cancelled. */
class Session {
  readonly #state: SqlServerState;
  readonly #options: SqlServerOptions;
  readonly #gate: () => Promise<void>;
  #cancel: (() => void) | null = null;

  constructor(state: SqlServerState, options: SqlServerOptions, gate: () => Promise<void>) {
    this.#state = state;
    this.#options = options;
    this.#gate = gate;
  }

  take(peer: Peer, message: Message): void {
    const call = callOf(message);
    if (this.#options.onMessage?.(peer, message, call)) return;
    if (message.type === type.prelogin) this.#prelogin(peer, message.payload);
    else if (message.type === type.login) this.#signIn(peer, message.payload);
    else if (message.type === type.attention) this.#stop(peer);
    else if (call) void this.#answer(peer, call, message.type === type.rpc);
    else peer.close();
  }

  #prelogin(peer: Peer, payload: Buffer): void {
    const wanted = encryptionOf(payload);
    const { identity, requiresTls = false } = this.#options;
    if (wanted === 2) return void peer.send(preloginAnswer(requiresTls ? 3 : 2));
    if (!identity) return void peer.send(preloginAnswer(2));
    void peer.send(preloginAnswer(1));
    peer.encrypt(identity);
  }

  #signIn(peer: Peer, payload: Buffer): void {
    const given = readSignIn(payload);
    this.#state.signIns.push(given);
    const { user, password, database } = this.#state;
    const refused = tokens.serverError(18_456, `Login failed for user '${given.user}'.`);
    const end = tokens.done(tokens.status.error);
    if (given.user !== user || given.password !== password) {
      return void peer.answer(refused, end);
    }
    if (given.database !== '' && given.database !== database) {
      const text = `Cannot open database "${given.database}" requested by the login.`;
      return void peer.answer(tokens.serverError(4_060, text), refused, end);
    }
    void peer.answer(...welcome(database));
  }

  async #answer(peer: Peer, call: Call, isCall: boolean): Promise<void> {
    const answer = answerTo(call, this.#state.tables);
    const isCatalog = call.text.includes('sys.');
    const cancelled = Promise.withResolvers<'cancelled'>();
    this.#cancel = () => cancelled.resolve('cancelled');
    const first = await Promise.race([isCatalog ? this.#gate() : null, cancelled.promise]);
    this.#cancel = null;
    if (first === 'cancelled') {
      // What was cancelled ends first; then comes the word that it was.
      await peer.answer(tokens.done(tokens.status.error));
      return peer.answer(tokens.done(tokens.status.attention));
    }
    if (!answer) {
      const text = `Incorrect syntax near '${call.text.slice(0, 40)}'.`;
      return peer.answer(tokens.serverError(102, text), tokens.done(tokens.status.error));
    }
    const { lengths, rows } = answer;
    const table = lengths.length > 0 ? [tokens.columns(lengths)] : [];
    table.push(...rows.map((row) => tokens.row(row, lengths)));
    const ends = isCall
      ? [tokens.doneInProcedure(rows.length), tokens.returnStatus(), tokens.doneProcedure()]
      : [tokens.done(tokens.status.count, rows.length)];
    return peer.answer(...table, ...ends);
  }

  #stop(peer: Peer): void {
    this.#state.cancelled += 1;
    if (this.#cancel) this.#cancel();
    else void peer.answer(tokens.done(tokens.status.attention));
  }
}

function callOf({ type: given, payload }: Message): Call | null {
  if (given === type.batch) return readBatch(payload);
  return given === type.rpc ? readCall(payload) : null;
}

function encryptionOf(payload: Buffer): number {
  for (let at = 0; payload[at] !== 0xff && at < payload.length; at += 5) {
    if (payload[at] === 1) return payload[payload.readUInt16BE(at + 1)] ?? 0;
  }
  return 0;
}
