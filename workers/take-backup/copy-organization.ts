import { IsolationLevel } from '@mikro-orm/core';
import { sql } from 'kysely';
import type { EntityManager } from '../../shared/db/orm.ts';
import { sections } from './sections.ts';

/** Far more than people set up by hand, and little enough for one worker's memory. */
const maxBytes = 64 * 1_024 * 1_024;
const rowsAtATime = 1_000;

export class BackupTooLarge extends Error {
  override readonly name = 'BackupTooLarge';
}

interface Copy {
  readonly text: string;
  readonly recordCount: number;
}

/** What an organization has set up, as JSON lines, all of it as it was at one moment. */
export function copyOrganization(
  em: EntityManager,
  organizationId: string,
  signal: AbortSignal,
): Promise<Copy> {
  const isolationLevel = IsolationLevel.REPEATABLE_READ;
  return em.transactional(
    async (tx) => {
      const { rows } = await sql<{ taken_at: string }>`
        select to_json(now()) as taken_at`.execute(tx.getKysely());
      const about = { format: 'basekeep-backup-1', organizationId, takenAt: rows[0]?.taken_at };
      const lines = [JSON.stringify(about)];
      let bytes = 0;
      for await (const line of recordsOf(tx, organizationId)) {
        signal.throwIfAborted();
        bytes += Buffer.byteLength(line) + 1;
        if (bytes > maxBytes) throw new BackupTooLarge();
        lines.push(line);
      }
      return { text: `${lines.join('\n')}\n`, recordCount: lines.length - 1 };
    },
    { isolationLevel, readOnly: true },
  );
}

/** By a cursor: one section may be much longer than the others. */
async function* recordsOf(tx: EntityManager, organizationId: string): AsyncGenerator<string> {
  const db = tx.getKysely();
  for (const [kind, select] of Object.entries(sections)) {
    await sql`
      declare backup no scroll cursor for
      select json_build_object('kind', ${kind}::text, 'record', to_jsonb(r))::text as line
      from (${select(organizationId)}) r`.execute(db);
    for (let isMore = true; isMore;) {
      const fetched = await sql<{ line: string }>`
        fetch ${sql.lit(rowsAtATime)} from backup`.execute(db);
      for (const { line } of fetched.rows) yield line;
      isMore = fetched.rows.length === rowsAtATime;
    }
    await sql`close backup`.execute(db);
  }
}
