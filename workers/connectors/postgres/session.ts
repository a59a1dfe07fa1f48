import { withDeadline } from '../../egress/deadline.ts';
import type { Resolver } from '../../egress/resolve.ts';
import { openTransport } from '../../egress/transport.ts';
import { LastAnswers } from '../../memory/last-answers.ts';
import type { ConnectionTarget } from '../connector.ts';
import type { ProbeStepper } from '../probe-steps.ts';
import { cancelStatement, type CancelTarget } from './cancel.ts';
import { toFailure } from './failures.ts';
import type { Deadlines, WireLimits } from './limits.ts';
import { MessageGate, type RowAnswer } from './gate/message-gate.ts';
import { type Row, RowCursor } from './gate/row-cursor.ts';
import { ServerError } from './gate/server-error.ts';
import { Link } from './link.ts';
import { requestTls } from './request-tls.ts';
import { PasswordProof } from './sign-in/proof.ts';
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
    const link = new Link(socket, gate, proof);
    const session = new PostgresSession(link, gate, { signal, deadlines, cancelTarget });
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
}

/**
 * One signed-in connection. The server answers requests one after the other, in the order they were
 * made; they are sent at once, so that it need not wait for the next.
 */
export class PostgresSession {
  readonly #context: SessionContext;
  readonly #gate: MessageGate;
  readonly #link: Link;
  #last: Promise<unknown> = Promise.resolve();
  #cancelled: Promise<void> | null = null;
  #signedIn = false;

  constructor(link: Link, gate: MessageGate, context: SessionContext) {
    this.#context = context;
    this.#gate = gate;
    this.#link = link;
  }

  /** All bytes that the server has sent so far. */
  get receivedBytes(): number {
    return this.#gate.receivedBytes;
  }

  async signIn(): Promise<void> {
    const { signal, deadlines, cancelTarget } = this.#context;
    const ready = this.#link.signIn(cancelTarget.endpoint.signIn);
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
  fetch(text: string, ask: Ask): Promise<RowAnswer> {
    return this.#request(text, ask);
  }

  /**
   * The same for statements that the server may well refuse: null then, and the session goes on.
   * A transaction that was open is then in its error state.
   */
  async queryIfAllowed(text: string, ask: Ask): Promise<Answer | null> {
    let refused = false;
    const answer = await this.#request(text, ask, (done) =>
      done.catch((error: unknown) => {
        refused = error instanceof ServerError;
        if (!refused) throw error;
      }),
    );
    return refused ? null : rowsOf(answer);
  }

  #request(
    text: string,
    { rows, timeoutMs }: Ask,
    settle: (done: Promise<void>) => Promise<void> = (done) => done,
  ): Promise<RowAnswer> {
    const answer = this.#gate.expectAnswer(rows);
    const done = settle(this.#link.request(text));
    // Its time begins when the server has nothing before it to do.
    const inTurn = this.#last.then(async () => {
      await this.#guarded(done, { signal: this.#context.signal, timeoutMs });
      return answer;
    });
    this.#last = inTurn;
    // The caller sees the failure through `inTurn`; a request that nobody awaits must not crash us.
    done.catch(() => undefined);
    inTurn.catch(() => undefined);
    return inTurn;
  }

  /** Says goodbye, briefly, and frees everything. Never throws. */
  async close(): Promise<void> {
    const { closeMs } = this.#context.deadlines;
    const signal = new AbortController().signal;
    // Until the goodbye is on its way; the server's process takes milliseconds more to end.
    const said = withDeadline(this.#link.goodbye(), { timeoutMs: closeMs, signal });
    await said.catch(() => undefined);
    this.#link.destroy();
    await this.#cancelled;
  }

  async #guarded<T>(
    work: Promise<T>,
    wait: { signal: AbortSignal; timeoutMs: number },
  ): Promise<T> {
    try {
      return await withDeadline(work, wait, () => this.#abandon());
    } catch (error) {
      this.#link.destroy();
      const { encrypted } = this.#context.cancelTarget.endpoint;
      throw toFailure(error, { signingIn: !this.#signedIn, encrypted });
    }
  }

  #abandon(): void {
    this.#link.destroy();
    const key = this.#gate.cancelKey;
    if (this.#signedIn && key) this.#cancelled ??= cancelStatement(this.#context.cancelTarget, key);
  }
}

function rowsOf({ stretches }: RowAnswer): Answer {
  const cursor = new RowCursor(stretches);
  const rows: Row[] = [];
  while (cursor.next()) rows.push(cursor.row());
  return { rows };
}
