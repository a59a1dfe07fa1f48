import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { withDeadline } from '../../egress/deadline.ts';
import { ConnectionFailure } from '../connector.ts';
import { driverMissing } from '../load-driver.ts';
import type { DuckdbSettings, ReaderLimits } from './settings.ts';
import { ReaderMessage, type ReaderRequest } from './messages.ts';
import { readLines } from './read-lines.ts';

type Is = ReaderMessage['is'];
type Message<I extends Is> = Extract<ReaderMessage, { is: I }>;

const entry = new URL('./reader/main.ts', import.meta.url).pathname;

/**
 * The process that holds a customer's file. It is killed when the wait for it ends in any way, when
 * its work is done, and kills itself when this process is gone. Its environment is empty.
 */
export class Reader {
  readonly #child: ChildProcess;
  readonly #messages: AsyncIterator<ReaderMessage>;
  readonly #settings: DuckdbSettings;
  readonly #signal: AbortSignal;
  readonly #gone: Promise<unknown>;

  constructor(
    { name, work }: Pick<ReaderRequest, 'name' | 'work'>,
    settings: DuckdbSettings,
    signal: AbortSignal,
  ) {
    const { root, limits, reader, nodeOptions } = settings;
    const request: ReaderRequest = {
      root,
      name,
      work,
      engineMemoryMiB: reader.engineMemoryMiB,
      maxPartsPerTable: limits.maxPartsPerTable,
      maxTableCharacters: limits.maxTableBytes,
    };
    this.#settings = settings;
    this.#signal = signal;
    this.#child = startReader([...nodeOptions, entry, JSON.stringify(request)], reader);
    // 'error' without 'exit' is a process that could not be started.
    this.#gone = once(this.#child, 'exit').catch(() => undefined);
    this.#messages = messagesOf(this.#child, settings);
  }

  /** The next message, which has to be this one. Throws ConnectionFailure, and the reader is gone. */
  async receive<I extends Is>(is: I, timeoutMs: number): Promise<Message<I>> {
    return this.receiveEither(is, is, timeoutMs);
  }

  /** The next message, which has to be one of two. Throws ConnectionFailure, and the reader is gone. */
  async receiveEither<A extends Is, B extends Is>(
    a: A,
    b: B,
    timeoutMs: number,
  ): Promise<Message<A | B>> {
    const next = this.#messages.next();
    const deadline = { timeoutMs, signal: this.#signal };
    const { value, done } = await withDeadline(next, deadline, () => this.#kill());
    if (done) throw new ConnectionFailure('FILE_READER_FAILED');
    const message: ReaderMessage = value;
    if (message.is === 'failure') throw failureOf(message);
    if (!isOneOf(message, a, b)) throw new ConnectionFailure('FILE_READER_FAILED');
    return message;
  }

  /** Ends the process, whatever it is doing, and waits until it is gone. Never throws. */
  async close(): Promise<void> {
    this.#kill();
    const timeoutMs = this.#settings.deadlines.closeMs;
    const signal = new AbortController().signal;
    await withDeadline(this.#gone, { timeoutMs, signal }).catch(() => undefined);
  }

  #kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** What a reader has said. Its own standard error goes nowhere, so that the package is named here. */
function failureOf({ code }: Message<'failure'>): ConnectionFailure {
  if (code === 'DRIVER_MISSING') return driverMissing('@duckdb/node-api');
  return new ConnectionFailure(code);
}

function isOneOf<A extends Is, B extends Is>(
  message: ReaderMessage,
  a: A,
  b: B,
): message is Message<A | B> {
  return message.is === a || message.is === b;
}

/**
 * Starts Node under limits that the kernel enforces: no file can be written (RLIMIT_FSIZE 0; pipes are
 * no files), no core is dumped, memory and processor time end somewhere. `exec` keeps the process id.
 */
function startReader(args: readonly string[], limits: ReaderLimits): ChildProcess {
  const limited = [
    ...['ulimit -c 0', 'ulimit -f 0', `ulimit -d ${limits.processMemoryMiB * 1_024}`],
    ...[`ulimit -t ${limits.processorSeconds}`, 'exec "$0" "$@"'],
  ].join(' && ');
  return spawn('/bin/sh', ['-c', limited, process.execPath, '--max-old-space-size=256', ...args], {
    env: {},
    cwd: '/',
    // Nobody writes into its input: that it ends tells the reader that this process is gone.
    stdio: ['pipe', 'pipe', 'ignore'],
  });
}

/** What a reader says. A line that is no message ends in FILE_READER_FAILED. */
async function* messagesOf(
  { stdout, stdin }: ChildProcess,
  { limits }: DuckdbSettings,
): AsyncGenerator<ReaderMessage> {
  if (!stdout) return;
  stdin?.on('error', () => undefined);
  const bounds = { maxLineBytes: 2 * limits.maxTableBytes, maxBytes: limits.maxBytes };
  for await (const line of readLines(stdout, bounds)) yield parseMessage(line);
}

function parseMessage(line: string): ReaderMessage {
  try {
    return ReaderMessage.parse(JSON.parse(line));
  } catch {
    throw new ConnectionFailure('FILE_READER_FAILED');
  }
}
