import { constants } from 'node:fs';
import { open, readFile, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ChildProcess } from 'node:child_process';
import type { PostgresBinaries } from './binaries.ts';
import type { PostgresUser } from './user.ts';
import { endProcessesOf } from './processes.ts';
import { spawnAs } from './run.ts';
import { waitUntil } from './wait-until.ts';

/** How long recovery after a crash may take before we give up on a start. */
const startTimeoutMs = 120_000;
const maxLogBytes = 10 * 1024 * 1024;

/** How PostgreSQL ended. */
export interface PostgresExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** False when nobody had asked it to stop. */
  expected: boolean;
}

export interface PostgresProcess {
  pid: number;
  exited: Promise<PostgresExit>;
  stop(): Promise<void>;
}

interface LaunchOptions {
  cluster: string;
  binaries: PostgresBinaries;
  user: PostgresUser | undefined;
  port: number;
  settings: Readonly<Record<string, string>>;
  logFile: string;
  signal?: AbortSignal | undefined;
}

/**
 * Starts postgres and returns when it takes connections.
 * @throws Error with the last line of its log when it ends instead; the signal's reason on abort.
 */
export async function launchPostgres(options: LaunchOptions): Promise<PostgresProcess> {
  const { file: log, offset } = await openLog(options.logFile);
  let child: ChildProcess;
  try {
    // The descriptor is ours: postgres's user need not reach the log's folder.
    child = spawnAs(options.binaries.postgres, serverArguments(options), {
      user: options.user,
      stdio: ['ignore', log.fd, log.fd],
    });
  } finally {
    await log.close();
  }
  const running = superviseChild(child, options.cluster);
  try {
    await waitUntilReady(running, options);
  } catch (error) {
    await running.stop();
    throw error;
  }
  return running;

  async function waitUntilReady(
    { pid, exited }: PostgresProcess,
    { cluster, signal }: LaunchOptions,
  ): Promise<void> {
    let hasEnded = false;
    void exited.then(() => (hasEnded = true));
    const isSettled = async (): Promise<boolean> => hasEnded || (await isReady(cluster, pid));
    const inTime = await waitUntil(isSettled, { timeoutMs: startTimeoutMs, everyMs: 5, signal });
    if (inTime && !hasEnded) return;
    const reason = await lastComplaint(options.logFile, offset);
    throw new Error(`The embedded database did not start (log: ${options.logFile}): ${reason}`);
  }
}

/** Ours last: no setting of the caller may open the server to another machine. */
const serverArguments = ({ cluster, port, settings }: LaunchOptions): string[] =>
  ['-D', cluster].concat(
    Object.entries({
      ...settings,
      port: String(port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
    }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  );

function superviseChild(child: ChildProcess, cluster: string): PostgresProcess {
  let stopping: Promise<void> | undefined;
  // Somebody may call process.exit() without stopping us first; a signal is all there is time for.
  const interrupt = (): void => void child.kill('SIGINT');
  process.once('exit', interrupt);
  const exited = new Promise<PostgresExit>((resolve) => {
    const end = (code: number | null, signal: NodeJS.Signals | null): void => {
      process.removeListener('exit', interrupt);
      resolve({ code, signal, expected: stopping !== undefined });
    };
    child.once('exit', end);
    child.once('error', () => end(null, null));
  });
  const stop = async (): Promise<void> => {
    if (child.pid === undefined) return;
    child.kill('SIGINT');
    let hasEnded = false;
    void exited.then(() => (hasEnded = true));
    // 8 s for open transactions to be rolled back and a checkpoint, then it recovers next time.
    if (await waitUntil(() => hasEnded, { timeoutMs: 8_000 })) return;
    await endProcessesOf(cluster, 0);
    await exited;
  };
  return { pid: child.pid ?? 0, exited, stop: () => (stopping ??= stop()) };
}

/** What pg_ctl looks at: the eighth line of postmaster.pid, once the file is this postmaster's. */
async function isReady(cluster: string, pid: number): Promise<boolean> {
  const text = await readFile(path.join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  return lines[0] === String(pid) && lines[7]?.trim() === 'ready';
}

async function openLog(
  logFile: string,
): Promise<{ file: Awaited<ReturnType<typeof open>>; offset: number }> {
  const size = (await stat(logFile).catch(() => undefined))?.size ?? 0;
  if (size > maxLogBytes) await rename(logFile, `${logFile}.1`);
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;
  const file = await open(logFile, O_APPEND | O_CREAT | O_NOFOLLOW | O_WRONLY, 0o600);
  return { file, offset: (await file.stat()).size };
}

async function lastComplaint(logFile: string, offset: number): Promise<string> {
  const written = (await readFile(logFile)).subarray(offset).toString('utf8').split('\n');
  const complaint = written.findLast((line) => /FATAL|PANIC|error/.test(line));
  return complaint?.replace(/^.*?(?:FATAL|PANIC):\s*/, '') ?? 'it said nothing.';
}
