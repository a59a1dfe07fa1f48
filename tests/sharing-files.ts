import { globSync } from 'node:fs';
import path from 'node:path';

/**
 * Files that share a process with others: what they import is loaded and compiled once, which halves
 * their cost. Nothing in them may depend on the process: not on its memory, its open sockets, its
 * warnings or what it has loaded. tests/architecture/sharing-files.test.ts has the signs of it.
 */
const together = [
  'tests/{catalog,contract,database,features,health,sync,vault,webhooks,workers}/**',
  'tests/security/**',
  'tests/egress/{client-certificate,host-fields,policy,socket,ssh-host-key,ssh-sign-in}.test.ts',
  'tests/connectors/readme.test.ts',
  'tests/connectors/mysql/{mysql-kinds,mysql-sign-in,rogue-mysql}.test.ts',
  'tests/connectors/{oracle,postgres,sql-server}/rogue-{catalog,protocol}.test.ts',
  'tests/connectors/postgres/rogue-sign-in.test.ts',
  'tests/connectors/sql-server/gated-socket.test.ts',
  'tests/connectors/services/*-{service,stream}.test.ts',
  'tests/connectors/services/snowflake/snowflake-{account,rogue,service}.test.ts',
];

/** Of these, the ones that run alone all the same. */
const alone = [
  // A browser, a compiler, child processes.
  'tests/contract/{client,docs}.test.ts',
  'tests/webhooks/worker-killed.test.ts',
  'tests/workers/{duckdb,main}.test.ts',
  'tests/security/{ambient,c1,sockets}/**',
  'tests/security/identity/f*.test.ts',
  'tests/security/{c4-environments,c5-reveal,f4-rate-limits}.test.ts',
  // The memory of the process is measured, or its sockets are watched.
  'tests/security/a4-batches.test.ts',
  'tests/security/fuzz/a3-hostile.test.ts',
  // The longest, which had better begin early: projects run in the order of their names.
  'tests/security/{a6-database-away,b1-own,b1-tenants}.test.ts',
  'tests/security/fuzz/a1-fuzz.test.ts',
];

const isAmong = (patterns: readonly string[], file: string): boolean =>
  patterns.some((pattern) => path.matchesGlob(file, pattern));

/** Every test file below `root`, by whether it shares its process with others. */
export function sharingFiles(root: string): Record<'alone' | 'together', string[]> {
  const files = globSync('tests/**/*.test.ts', { cwd: root });
  const shares = (file: string): boolean => isAmong(together, file) && !isAmong(alone, file);
  return { together: files.filter(shares), alone: files.filter((file) => !shares(file)) };
}
