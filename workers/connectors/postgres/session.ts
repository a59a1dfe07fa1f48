import type { Socket } from 'node:net';
import { DatabaseError } from 'pg';
import { withDeadline } from '../../egress/deadline.ts';
import type { Resolver } from '../../egress/resolve.ts';
import { openTransport } from '../../egress/transport.ts';
import { LastAnswers } from '../../memory/last-answers.ts';
import { ConnectionFailure, type ConnectionTarget } from '../connector.ts';
import type { ProbeStepper } from '../probe-steps.ts';
import { cancelStatement, type CancelTarget } from './cancel.ts';
import { PlainClient } from './client.ts';
import { toFailure } from './failures.ts';
import { GatedStream } from './gate/gated-stream.ts';
import type { Deadlines, WireLimits } from './limits.ts';
import { MessageGate } from './gate/message-gate.ts';
import { type Row, RowCursor, type RowStretch } from './gate/row-cursor.ts';
import { requestTls } from './request-tls.ts';
import { PasswordProof } from './sign-in/proof.ts';
import { SimpleQuery } from './simple-query.ts';
import { endpointOf } from './target.ts';

export interface SessionSettings {
  readonly deadlines: Deadlines;
  readonly limits: WireLimits;
  readonly resolver: Resolver;
}

// Six cursors, each with a page in hand and the next two already.
const answersInHand = 18;

export interface Ask {
  /** The most rows that the answer may have; a server that sends more is cut off. */
  readonly rows: number;
  readonly timeoutMs: number;
}

export interface Answer {
  /** Of all statements of the request, in order. */
  readonly rows: readonly Row[];
}

/** Rows that are still as they came. */
interface Page {
  readonly stretches: readonly RowStretch[];
  /** What they took on the wire. */
  readonly bytes: number;
}

/**
 * Opens, checks, encrypts and signs in, in that order.
 * Throws ConnectionFailure; nothing is left open then.
 */
export async function openSession(
  target: ConnectionTarget,
  settings: SessionSettings,
  signal: AbortSignal,
  step: ProbeStepper = (_name, work) => work(),
): Promise<PostgresSession> {
  const { deadlines, limits } = settings;
  const endpoint = endpointOf(target);
  const { host, port, caCertificate, encrypted } = endpoint;
  const plain = await openTransport(target, {
    host,
    port,
    signal,
    resolver: settings.resolver,
    resolveTimeoutMs: deadlines.resolveMs,
    connectTimeoutMs: deadlines.connectMs,
    step,
  });
  // Through a tunnel the name is resolved at its other end, and our peer is the SSH server.
  const address = target.connection.sshEnabled ? host : (plain.remoteAddress ?? host);
  // From here on errors come out of the streams above; without a listener they would end the process.
  plain.on('error', () => plain.destroy());
  try {
    const tls = { host, caCertificate, target, signal, timeoutMs: deadlines.tlsMs };
    const socket = encrypted ? await step('tls', () => requestTls(plain, tls)) : plain;
    const cancelTarget = { target, endpoint, address, timeoutMs: deadlines.closeMs };
    const answers = new LastAnswers(target.memory, answersInHand);
    const proof = new PasswordProof(endpoint.signIn);
    const gate = new MessageGate(limits, endpoint, { proof, answers });
    const context = { signal, deadlines, cancelTarget, proof };
    const session = new PostgresSession(socket, gate, context);
    await step('sign-in', () => session.signIn());
    return session;
  } catch (error) {
    plain.destroy();
    throw toFailure(error, { signingIn: true, encrypted });
  }
}

interface SessionContext {
  readonly signal: AbortSignal;
  readonly deadlines: Deadlines;
  readonly cancelTarget: CancelTarget;
  readonly proof: PasswordProof;
}

/** One signed-in connection. Requests run one after the other, in the order they were made. */
export class PostgresSession {
  readonly #context: SessionContext;
  readonly #gate: MessageGate;
  readonly #stream: GatedStream;
  readonly #client: PlainClient;
  readonly #flushed: Promise<void>;
  #last: Promise<unknown> = Promise.resolve();
  #cancelled: Promise<void> | null = null;
  #signedIn = false;
  /** Ends the wait for an answer; null while nobody waits. */
  #fail: ((reason: unknown) => void) | null = null;

  constructor(socket: Socket, gate: MessageGate, context: SessionContext) {
    this.#context = context;
    this.#gate = gate;
    this.#stream = new GatedStream(socket, gate, context.proof);
    // A gate that closes destroys the stream with its reason. One slot rather than a race against a
    // promise of the whole session: that one would hold every answer until the end.
    this.#stream.once('error', (error) => this.#fail?.(error));
    this.#flushed = new Promise((resolve) => {
      this.#stream.once('finish', resolve);
      this.#stream.once('close', resolve);
    });
    this.#stream.once('close', () => this.#fail?.(new ConnectionFailure('CONNECTION_LOST')));
    this.#client = new PlainClient(this.#stream, context.cancelTarget.endpoint.signIn);
    // Every failure reaches the request that waits; this only keeps `pg` from ending the process.
    this.#client.on('error', () => this.#stream.destroy());
  }

  /** All bytes that the server has sent so far. */
  get receivedBytes(): number {
    return this.#gate.receivedBytes;
  }

  async signIn(): Promise<void> {
    const { signal, deadlines } = this.#context;
    const ready = this.#client.connect().then(() => undefined);
    await this.#guarded(ready, { signal, timeoutMs: deadlines.signInMs });
    this.#signedIn = true;
  }

  /**
   * Sends statements in one message and returns the rows of all of them.
   * Any failure closes the session, because nobody knows what it is still busy with.
   */
  async query(text: string, ask: Ask): Promise<Answer> {
    return rowsOf(await this.fetch(text, ask));
  }

  /** The same for rows that are looked at later. */
  fetch(text: string, ask: Ask): Promise<Page> {
    return this.#inTurn(() => this.#run(text, ask));
  }

  /**
   * The same for statements that the server may well refuse: null then, and the session goes on.
   * A transaction that was open is then in its error state.
   */
  async queryIfAllowed(text: string, ask: Ask): Promise<Answer | null> {
    let refused = false;
    const orNothing = (done: Promise<void>): Promise<void> =>
      done.catch((error: unknown) => {
        refused = error instanceof DatabaseError;
        if (!refused) throw error;
      });
    const page = await this.#inTurn(() => this.#run(text, ask, orNothing));
    return refused ? null : rowsOf(page);
  }

  async #run(
    text: string,
    { rows, timeoutMs }: Ask,
    settle: (done: Promise<void>) => Promise<void> = (done) => done,
  ): Promise<Page> {
    const before = this.receivedBytes;
    const stretches = this.#gate.expectAnswer(rows);
    const query = new SimpleQuery(text);
    this.#client.query(query);
    const { signal } = this.#context;
    await this.#guarded(settle(query.done), { signal, timeoutMs });
    return { stretches, bytes: this.receivedBytes - before };
  }

  #inTurn(run: () => Promise<Page>): Promise<Page> {
    const answer = this.#last.then(run);
    this.#last = answer;
    // The caller sees the failure through `answer`; a request that nobody awaits must not crash us.
    answer.catch(() => undefined);
    return answer;
  }

  /** Says goodbye, briefly, and frees everything. Never throws. */
  async close(): Promise<void> {
    const { closeMs } = this.#context.deadlines;
    if (!this.#stream.destroyed) {
      this.#client.end().catch(() => undefined);
      const signal = new AbortController().signal;
      // Until the goodbye is on its way; the server's process takes milliseconds more to end.
      await withDeadline(this.#flushed, { timeoutMs: closeMs, signal }).catch(() => undefined);
    }
    this.#stream.destroy();
    await this.#cancelled;
  }

  async #guarded<T>(
    work: Promise<T>,
    wait: { signal: AbortSignal; timeoutMs: number },
  ): Promise<T> {
    const { encrypted } = this.#context.cancelTarget.endpoint;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    work.then(resolve, reject);
    this.#fail = reject;
    try {
      if (this.#stream.destroyed) throw new ConnectionFailure('CONNECTION_LOST');
      return await withDeadline(promise, wait, () => this.#abandon());
    } catch (error) {
      this.#stream.destroy();
      throw toFailure(error, { signingIn: !this.#signedIn, encrypted });
    } finally {
      this.#fail = null;
    }
  }

  #abandon(): void {
    this.#stream.destroy();
    const key = this.#gate.cancelKey;
    if (this.#signedIn && key) this.#cancelled ??= cancelStatement(this.#context.cancelTarget, key);
  }
}

function rowsOf({ stretches }: Page): Answer {
  const cursor = new RowCursor(stretches);
  const rows: Row[] = [];
  while (cursor.next()) rows.push(cursor.row());
  return { rows };
}
