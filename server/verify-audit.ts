import { createReadStream } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { sql } from 'kysely';
import { createOrm } from '../shared/db/orm.ts';
import { EnvError, readEnv } from '../shared/env.ts';
import { readChain, readChainHead } from './features/audit/read-chain.ts';
import { verifyChain, type Break } from './features/audit/verify-chain.ts';
import { verifyExport } from './features/audit/verify-export.ts';

/** What was checked and what came of it. */
export interface Verdict {
  readonly organizationId: string;
  /** How many events the chain says it has. */
  readonly events: number;
  /** The first link that does not hold. */
  readonly broken: Break | null;
}

/**
 * Checks the audit chain of every organization of a database. What it cannot see by itself: events
 * taken from the end together with the head that names them. Keep an export to compare with.
 */
export async function* verifyDatabase(databaseUrl: string): AsyncGenerator<Verdict> {
  const orm = createOrm({ databaseUrl, poolSize: 1 });
  try {
    const em = orm.em.fork();
    const { rows } = await sql<{ organization_id: string }>`
      select organization_id from audit_head union select organization_id from audit_event
      order by 1`.execute(em.getKysely());
    for (const { organization_id: organizationId } of rows) {
      const head = await readChainHead(em, organizationId);
      const broken = await verifyChain(head, readChain(em, organizationId));
      yield { organizationId, events: head.sequence, broken };
    }
  } finally {
    await orm.close(true);
  }
}

/** Checks an export by itself, without a database. */
export async function* verifyFile(path: string): AsyncGenerator<Verdict> {
  yield await verifyExport(createReadStream(path));
}

/** One line for a person. */
function describe({ organizationId, events, broken }: Verdict): string {
  if (!broken) return `${organizationId}: unbroken, ${events} events\n`;
  const { position, eventId, problem } = broken;
  const event = eventId === null ? '' : ` (${eventId})`;
  return `${organizationId}: BROKEN at position ${position}${event}: ${problem}, ${texts[problem]}\n`;
}

const texts: Readonly<Record<Break['problem'], string>> = {
  changed: 'what stands there is not what was recorded',
  missing: 'what was recorded there is gone',
  inserted: 'what stands there was not recorded there',
  reordered: 'what was recorded there stands elsewhere',
  truncated: 'the chain ends before it',
};

async function main(path: string | undefined): Promise<void> {
  const verdicts =
    path === undefined ? verifyDatabase(readEnv('migrate').DATABASE_URL) : verifyFile(path);
  for await (const verdict of verdicts) {
    if (verdict.broken) process.exitCode = 1;
    process.stdout.write(describe(verdict));
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    await main(process.argv[2]);
  } catch (error) {
    const isPathWrong = error instanceof Error && 'syscall' in error && 'path' in error;
    if (!(error instanceof EnvError) && !isPathWrong) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}
