import { accessSync, constants, existsSync, readFileSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** Linux's file system in memory. */
const inMemory = '/dev/shm';

/** Several times what the files of a run take at their largest. */
const roomBytes = 6 * 1024 ** 3;

/**
 * Where files lie that need not survive the run, for those who write many: in memory when there is plenty
 * of it, else where temporary files do. A database is some 700 files, and on disk its creation and its end
 * cost several times as much. `runsPrograms` for whoever starts programs from there.
 */
export function quickFolder({ runsPrograms = false } = {}): string {
  const isThere = hasRoom() && process.availableMemory() > 2 * roomBytes;
  return isThere && !(runsPrograms && refusesPrograms()) ? inMemory : tmpdir();
}

/** Wherever `quickFolder` may have led: what fills one of them is still found when it leads to the other. */
export const possibleFolders = (): string[] => [inMemory, tmpdir()].filter(existsSync);

function hasRoom(): boolean {
  try {
    accessSync(inMemory, constants.W_OK);
    const { bavail, bsize } = statfsSync(inMemory);
    return bavail * bsize > roomBytes;
  } catch {
    return false;
  }
}

/** Containers are often given one in which nothing can be executed. */
function refusesPrograms(): boolean {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  const [, , , options = ''] =
    mounts.map((line) => line.split(' ')).findLast(([, folder]) => folder === inMemory) ?? [];
  return options.split(',').includes('noexec');
}
