import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { sharingFiles } from './sharing-files.ts';

const root = path.join(import.meta.dirname, '..');

export default defineConfig(({ mode }) => {
  const isNightly = mode === 'nightly';
  const common = {
    root,
    pool: 'forks',
    testTimeout: isNightly ? 3_600_000 : 30_000,
    hookTimeout: 60_000,
    // Also for the processes that tests start: compiled once, as with `npm start`.
    env: { NODE_COMPILE_CACHE: path.join(root, 'node_modules/.cache/basekeep-tests') },
  } as const;
  const { alone, together } = sharingFiles(root);
  return {
    root,
    test: {
      // One more than the cores of the machine that it was measured on: many tests wait.
      maxWorkers: 3,
      provide: { size: isNightly ? 'nightly' : 'pr' },
      globalSetup: ['tests/support/global-setup.ts'],
      projects: [
        { test: { ...common, name: 'alone', include: alone } },
        { test: { ...common, name: 'together', include: together, isolate: false } },
      ],
    },
  };
});

declare module 'vitest' {
  interface ProvidedContext {
    /** How much a test does: `pr` keeps the suite under ten minutes, `nightly` is the full size. */
    size: 'pr' | 'nightly';
  }
}
