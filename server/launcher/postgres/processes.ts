import { readdir, readFile, readlink, rm } from 'node:fs/promises';
import path from 'node:path';
import { failedWith } from '../json-file.ts';
import { run } from './run.ts';
import { waitUntil } from './wait-until.ts';

/**
 * The processes of PostgreSQL that work in the cluster's folder, the postmaster among them.
 * By what they are doing, not by a number in a file: a pid may since belong to anybody.
 */
export async function processesOf(cluster: string): Promise<number[]> {
  if (process.platform !== 'linux') return processesListedByPs(cluster);
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => ((await worksIn(pid, cluster)) ? [pid] : [])),
  );
  return found.flat();
}

async function worksIn(pid: number, cluster: string): Promise<boolean> {
  // Not the administrator's shell that happens to stand in the folder.
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
  if (name !== 'postgres\n') return false;
  // The postmaster and all its children work in the data folder. Root in a container may not be
  // allowed to look (no CAP_SYS_PTRACE); the postmaster's command line is open to all.
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => '');
  const args = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
  return folder === cluster || args[args.indexOf('-D') + 1] === cluster;
}

async function processesListedByPs(cluster: string): Promise<number[]> {
  const { output } = await run('/bin/ps', ['-A', '-ww', '-o', 'pid=,command=']);
  return output.split('\n').flatMap((line) => {
    const [, pid, command = ''] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
    return command.includes(`postgres -D ${cluster} `) ? [Number(pid)] : [];
  });
}

/**
 * Stops the PostgreSQL that a killed launcher left running in `cluster`; call it only while holding
 * the cluster's lock, which proves that nobody is in charge of it any more.
 *
 * It is stopped, not adopted: one that is not our child tells nobody when it dies, runs with the
 * settings and binaries of an earlier start, and a fast shutdown with a new start takes 0.1 s.
 */
export async function stopLeftovers(cluster: string): Promise<void> {
  const pidFile = path.join(cluster, 'postmaster.pid');
  const firstLine = (await readFile(pidFile, 'utf8').catch(() => '')).split('\n')[0];
  const left = await processesOf(cluster);
  const postmaster = left.find((pid) => String(pid) === firstLine);
  if (postmaster !== undefined) signalAll([postmaster], 'SIGINT');
  if (left.length > 0) await endProcessesOf(cluster, postmaster === undefined ? 0 : 8_000);
  // A pid that now belongs to another program (in a container that started anew: always the same
  // few numbers) would make PostgreSQL refuse to start. That of a dead process it handles itself,
  // and looks for backends that outlived it, so the file is left to it then.
  if (isAlive(Number(firstLine))) await rm(pidFile, { force: true });
}

/** Waits `graceMs` for them to end, then quits, then kills them; at most 2 s more. */
export async function endProcessesOf(cluster: string, graceMs: number): Promise<void> {
  const isEmpty = async (): Promise<boolean> => (await processesOf(cluster)).length === 0;
  if (await waitUntil(isEmpty, { timeoutMs: graceMs, everyMs: 20 })) return;
  signalAll(await processesOf(cluster), 'SIGQUIT');
  if (await waitUntil(isEmpty, { timeoutMs: 1_000, everyMs: 20 })) return;
  signalAll(await processesOf(cluster), 'SIGKILL');
  await waitUntil(isEmpty, { timeoutMs: 1_000, everyMs: 20 });
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !failedWith(error, 'ESRCH');
  }
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended by itself meanwhile.
    }
  }
}
