import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

interface Freezing {
  /** For the readers that are to be frozen. */
  readonly nodeOptions: readonly string[];
  /** Every reader that starts from now on hangs, its event loop too, until the function is called. */
  freeze(): () => Promise<void>;
}

/** Readers that hang as an engine does that never comes back. */
export function freezeReaders(folder: string): Freezing {
  const flag = path.join(folder, 'frozen');
  const script = path.join(folder, 'freeze.mjs');
  writeFileSync(
    script,
    `import { existsSync } from 'node:fs';
     const lock = new Int32Array(new SharedArrayBuffer(4));
     while (existsSync(${JSON.stringify(flag)})) Atomics.wait(lock, 0, 0, 20);`,
  );
  return {
    nodeOptions: [`--import=${pathToFileURL(script).href}`],
    freeze() {
      writeFileSync(flag, '');
      return () => Promise.resolve(rmSync(flag));
    },
  };
}
