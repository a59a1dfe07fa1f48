import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { sharingFiles } from './sharing-files.ts';

const root = path.join(import.meta.dirname, '..');

// Compiled once, as with `npm start`: for the processes of the tests and for those that they start.
const env = { NODE_COMPILE_CACHE: path.join(root, 'node_modules/.cache/basekeep-tests') };
Object.assign(process.env, env);

/** Puts something in a module's place, which takes vite: Node itself loads all others, as in production. */
const mocking = 'tests/security/identity/f3-enumeration.test.ts';

export default defineConfig(({ mode }) => {
  const isNightly = mode === 'nightly';
  const common = {
    root,
    pool: 'forks',
    // Several times what any takes that waits for others: a busy machine is no failure.
    testTimeout: isNightly ? 3_600_000 : 60_000,
    hookTimeout: 60_000,
    env,
  } as const;
  const native = {
    ...common,
    experimental: { viteModuleRunner: false, nodeLoader: false },
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
        { test: { ...native, name: 'alone', include: alone.filter((file) => file !== mocking) } },
        { test: { ...common, name: 'mocking', include: [mocking] } },
        { test: { ...native, name: 'together', include: together, isolate: false } },
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
