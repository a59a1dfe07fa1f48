import { defineConfig } from 'vitest/config';

/** Of `npm run test:dialects`: needs no PostgreSQL of ours, and waits for servers that are slow. */
export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  test: {
    include: ['tests/dialects/*/*.dialect.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 180_000,
    hookTimeout: 600_000,
  },
});
