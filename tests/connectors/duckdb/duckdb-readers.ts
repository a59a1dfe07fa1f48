import { execFileSync } from 'node:child_process';

/** The processes that this one has started to read files, alive or about to be. */
export function readers(): number[] {
  const listed = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,stat=,args='], {
    encoding: 'utf8',
  });
  return listed.split('\n').flatMap((line) => {
    const [, pid, parent, state = '', args = ''] =
      /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    const isOurs = Number(parent) === process.pid && args.includes('duckdb/reader/main.ts');
    return isOurs && !state.startsWith('Z') ? [Number(pid)] : [];
  });
}
