import { readFile, writeFile } from 'node:fs/promises';

// Linux's USER_HZ, which is 100 on every architecture that Node runs on.
const tickMs = 10;

/** Milliseconds of CPU that a process has used, all threads together; NaN where /proc is missing. */
export async function cpuMs(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // Fields 14 and 15 of proc(5), counted after the name, which may contain spaces.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

/** The most memory a process has had so far, in MB; NaN where /proc is missing. */
export async function peakRssMb(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(text)?.[1]) / 1024;
}

/** Forgets the peak so far, so that a start is not counted as work. */
export async function resetPeakRss(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => undefined);
}
