import { cpus, loadavg, release, totalmem, type } from 'node:os';
import pg from 'pg';

/** What somebody needs to know to compare figures with their own. */
export function describeMachine() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
    /** Above zero before we have begun: somebody else is at work on this machine. */
    loadBefore: loadavg()[0] ?? 0,
  };
}

export async function postgresVersion(url: string): Promise<string> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<{ server_version: string }>('show server_version');
    return rows[0]?.server_version ?? 'unknown';
  } finally {
    await client.end();
  }
}
