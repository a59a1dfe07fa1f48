import { once } from 'node:events';
import { ConnectionFailure } from '../../connector.ts';
import { type ReaderMessage, ReaderRequest } from '../messages.ts';
import { locateFile } from './locate-file.ts';
import { openDatabase } from './open-database.ts';
import { proveTables, readTables } from './read-tables.ts';

// A whole file for one reader: what it does and says, and no more. See ../messages.ts.

async function say(message: ReaderMessage): Promise<void> {
  const isTaken = process.stdout.write(`${JSON.stringify(message)}\n`);
  if (!isTaken) await once(process.stdout, 'drain');
}

async function work(request: ReaderRequest): Promise<void> {
  const file = await locateFile(request.root, request.name);
  const database = await openDatabase(file, request);
  await say({ is: 'opened' });
  await say({ is: 'answered', version: await database.provenVersion() });
  if (request.work === 'prove') {
    await proveTables(database);
    await say({ is: 'proved' });
  } else {
    for await (const table of readTables(database, request)) await say({ is: 'table', table });
  }
  await say({ is: 'end' });
}

/** At once, whatever the engine's threads are doing. */
const end = (): void => {
  process.kill(process.pid, 'SIGKILL');
};
// The worker is gone.
process.stdin.once('close', end).once('error', end).resume();
process.stdout.once('error', end);

try {
  await work(ReaderRequest.parse(JSON.parse(process.argv[2] ?? '')));
} catch (error) {
  const code = error instanceof ConnectionFailure ? error.code : 'INTERNAL_ERROR';
  await say({ is: 'failure', code });
}
