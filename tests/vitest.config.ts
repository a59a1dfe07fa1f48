import { defineConfig } from 'vitest/config';

export default defineConfig(({ mode }) => ({
  root: new URL('..', import.meta.url).pathname,
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: mode === 'nightly' ? 3_600_000 : 30_000,
    hookTimeout: 60_000,
    provide: { size: mode === 'nightly' ? 'nightly' : 'pr' },
    globalSetup: ['tests/support/global-setup.ts'],
  },
}));

declare module 'vitest' {
  interface ProvidedContext {
    /** How much a test does: `pr` keeps the suite under ten minutes, `nightly` is the full size. */
    size: 'pr' | 'nightly';
  }
}
