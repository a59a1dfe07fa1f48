import { readFile, writeFile } from 'node:fs/promises';

async function inBytes(pid: number, what: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const [, kiB] = new RegExp(`${what}:\\s+(\\d+) kB`).exec(status) ?? [];
  if (kiB === undefined) throw new Error(`The kernel does not tell ${what} of ${pid}`);
  return Number(kiB) * 1024;
}

/** By how many bytes a process grew at most while `work` ran, and how large it was then. */
export async function peakMemory(
  pid: number,
  work: () => Promise<void>,
): Promise<{ readonly grown: number; readonly peak: number }> {
  const before = await inBytes(pid, 'VmRSS');
  // Forgets the peak so far: proc(5), clear_refs.
  await writeFile(`/proc/${pid}/clear_refs`, '5');
  await work();
  const peak = await inBytes(pid, 'VmHWM');
  return { grown: peak - before, peak };
}
