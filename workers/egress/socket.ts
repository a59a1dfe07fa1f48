import { isIP, Socket } from 'node:net';
import type { ConnectionFailureCode } from '../../shared/failures/connection-failures.ts';
import { ConnectionFailure } from '../connectors/connector.ts';
import { type Deadline, withDeadline } from './deadline.ts';
import type { EgressGuard, EgressPolicy } from './policy.ts';
import { resolveHost, type Resolver, systemResolver } from './resolve.ts';

/** Runs one named step of opening a socket; a probe times the steps through it. */
export type StepRunner = <T>(
  step: 'resolve' | 'address' | 'connect',
  work: () => Promise<T>,
) => Promise<T>;

export interface GuardedSocketOptions {
  /** A host name or an IP literal, however it is spelled: the resolved addresses are judged. */
  readonly host: string;
  readonly port: number;
  readonly policy: EgressPolicy;
  readonly signal: AbortSignal;
  readonly resolveTimeoutMs?: number;
  /** For all addresses of the host together. */
  readonly connectTimeoutMs: number;
  readonly resolver?: Resolver;
  readonly step?: StepRunner;
}

// RFC 8305, section 5: the recommended delay before the next address is tried beside the last one.
const attemptDelayMs = 250;

/**
 * A connected socket to `host`, whose address the policy allows. Names are resolved once; what was
 * judged is what is connected to, as a literal, so a second DNS answer cannot change it. The
 * addresses are tried in order, each next one when the last has failed or is slow.
 *
 * Throws HOST_NOT_FOUND, ADDRESS_NOT_ALLOWED, CONNECTION_REFUSED, HOST_UNREACHABLE or TIMEOUT, and
 * CONNECTION_LOST when aborted. The socket carries no error listener: the caller adds one at once.
 */
export async function openGuardedSocket(options: GuardedSocketOptions): Promise<Socket> {
  const { host, port, policy, signal, connectTimeoutMs } = options;
  const step: StepRunner = options.step ?? ((_name, work) => work());
  const resolveDeadline = { timeoutMs: options.resolveTimeoutMs ?? connectTimeoutMs, signal };
  const found = await step('resolve', () =>
    resolveHost(host, resolveDeadline, options.resolver ?? systemResolver),
  );
  const { guard, addresses } = await step('address', () =>
    withDeadline(judge(found, port, policy), resolveDeadline),
  );
  return step('connect', () =>
    connectToAny(addresses, port, guard, { timeoutMs: connectTimeoutMs, signal }),
  );
}

async function judge(
  found: readonly string[],
  port: number,
  policy: EgressPolicy,
): Promise<{ guard: EgressGuard; addresses: readonly string[] }> {
  const guard = await policy.guardFor(port);
  const addresses = found.filter((address) => guard.allows(address));
  if (addresses.length === 0) throw new ConnectionFailure('ADDRESS_NOT_ALLOWED');
  return { guard, addresses };
}

async function connectToAny(
  addresses: readonly string[],
  port: number,
  guard: EgressGuard,
  deadline: Deadline,
): Promise<Socket> {
  const race = new ConnectRace(addresses, port, guard);
  return withDeadline(race.winner, deadline, () => race.stop());
}

/** Attempts on several addresses of one host, of which the first to connect wins. */
class ConnectRace {
  readonly winner: Promise<Socket>;
  readonly #attempts = new Set<Socket>();
  readonly #waiting: string[];
  readonly #port: number;
  readonly #guard: EgressGuard;
  readonly #settle = Promise.withResolvers<Socket>();
  #failure: ConnectionFailureCode = 'HOST_UNREACHABLE';
  #next: NodeJS.Timeout | undefined;

  constructor(addresses: readonly string[], port: number, guard: EgressGuard) {
    this.#waiting = [...addresses];
    this.#port = port;
    this.#guard = guard;
    this.winner = this.#settle.promise;
    this.#tryNext();
  }

  /** Destroys whatever has not won. */
  stop(): void {
    clearTimeout(this.#next);
    this.#waiting.length = 0;
    for (const socket of this.#attempts) socket.destroy();
    this.#attempts.clear();
  }

  #tryNext(): void {
    clearTimeout(this.#next);
    const address = this.#waiting.shift();
    if (address === undefined) {
      if (this.#attempts.size === 0) this.#settle.reject(new ConnectionFailure(this.#failure));
      return;
    }
    // The list goes into the constructor: as an option of connect() Node ignores it silently.
    const socket = new Socket({ blockList: this.#guard.blockList });
    this.#attempts.add(socket);
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      this.#lost(socket, failures[code ?? ''] ?? 'HOST_UNREACHABLE');
    });
    socket.once('connect', () => this.#won(socket));
    socket.setNoDelay(true);
    socket.connect({ host: address, port: this.#port, family: isIP(address) });
    this.#next = setTimeout(() => this.#tryNext(), attemptDelayMs);
  }

  #won(socket: Socket): void {
    this.#attempts.delete(socket);
    socket.removeAllListeners('error');
    this.stop();
    this.#settle.resolve(socket);
  }

  #lost(socket: Socket, code: ConnectionFailureCode): void {
    this.#attempts.delete(socket);
    // A refusal says more than a missing route: the host is there.
    if (this.#failure === 'HOST_UNREACHABLE') this.#failure = code;
    this.#tryNext();
  }
}

const failures: { readonly [code: string]: ConnectionFailureCode | undefined } = {
  ECONNREFUSED: 'CONNECTION_REFUSED',
  ECONNRESET: 'CONNECTION_REFUSED',
  ERR_IP_BLOCKED: 'ADDRESS_NOT_ALLOWED',
  ETIMEDOUT: 'TIMEOUT',
};
