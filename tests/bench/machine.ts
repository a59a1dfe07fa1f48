import { execFile } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { promisify } from 'node:util';
import { findBinaries } from '../../server/launcher/postgres/binaries.ts';
import { choosePostgresUser } from '../../server/launcher/postgres/user.ts';

/** What somebody needs to know to compare figures with their own. */
export async function describeMachine() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
    postgres: await postgresVersion(),
    /** Above zero before we have begun: somebody else is at work on this machine. */
    loadBefore: loadavg()[0] ?? 0,
  };
}

async function postgresVersion(): Promise<string> {
  const { postgres } = await findBinaries(await choosePostgresUser());
  const { stdout } = await promisify(execFile)(postgres, ['--version']);
  return stdout.trim();
}
