import { execFileSync } from 'node:child_process';

/** The path of an installed program, also where only root's PATH leads; null when there is none. */
export function findProgram(program: string): string | null {
  try {
    const search = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin`;
    const found = execFileSync('which', [program], {
      env: { PATH: search },
      encoding: 'utf8',
      stdio: 'pipe',
    });
    return found.trim() || null;
  } catch {
    return null;
  }
}
