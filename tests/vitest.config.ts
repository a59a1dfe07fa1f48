import { globSync } from 'node:fs';
import path from 'node:path';
import { defineConfig } from 'vitest/config';

const root = path.join(import.meta.dirname, '..');

/**
 * Files that share a process with others: what they import is loaded and compiled once, which halves
 * their cost. Nothing in them may depend on the process: not on its memory, its open sockets, its
 * environment or its warnings.
 */
const together = [
  'tests/{catalog,contract,database,features,health,sync,vault,webhooks,workers}/**',
  'tests/security/**',
];

/** Of these, the ones that run alone all the same. */
const alone = [
  // A browser, a compiler, child processes.
  'tests/contract/{client,docs}.test.ts',
  'tests/webhooks/worker-killed.test.ts',
  'tests/workers/{duckdb,main}.test.ts',
  'tests/security/{ambient,c1,sockets}/**',
  'tests/security/identity/f*.test.ts',
  'tests/security/{c5-reveal,f4-rate-limits}.test.ts',
  // The memory of the process is measured, or its sockets are watched.
  'tests/security/a4-batches.test.ts',
  'tests/security/fuzz/a3-hostile.test.ts',
  // The longest, which had better begin early: projects run in the order of their names.
  'tests/security/{a6-database-away,b1-own,b1-tenants}.test.ts',
  'tests/security/fuzz/a1-fuzz.test.ts',
];

const files = globSync('tests/**/*.test.ts', { cwd: root });
const isAmong = (patterns: readonly string[]) => (file: string) =>
  patterns.some((pattern) => path.matchesGlob(file, pattern));
const sharing = files.filter(isAmong(together)).filter((file) => !isAmong(alone)(file));

export default defineConfig(({ mode }) => {
  const isNightly = mode === 'nightly';
  const common = {
    root,
    pool: 'forks',
    testTimeout: isNightly ? 3_600_000 : 30_000,
    hookTimeout: 60_000,
  } as const;
  const alones = files.filter((file) => !sharing.includes(file));
  return {
    root,
    test: {
      // One more than there are cores on the machine that it was measured on: many tests wait.
      maxWorkers: 3,
      provide: { size: isNightly ? 'nightly' : 'pr' },
      globalSetup: ['tests/support/global-setup.ts'],
      projects: [
        { test: { ...common, name: 'alone', include: alones } },
        { test: { ...common, name: 'together', include: sharing, isolate: false } },
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
