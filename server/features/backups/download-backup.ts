import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { sql } from 'kysely';
import { recordAudit } from '../../../shared/audit/record.ts';
import { notFound } from '../../../shared/errors.ts';
import type { CallerContext } from '../../context.ts';
import type { BackupRef } from './contract.ts';
import { readBackup } from './read-backups.ts';

const pieceLength = 64 * 1_024;

/**
 * The content of a backup that succeeded, on record before any of it is sent. NOT_FOUND while
 * there is none.
 */
export async function downloadBackup(
  ctx: Pick<CallerContext, 'em' | 'clock' | 'origin'>,
  input: BackupRef,
): Promise<AsyncIterable<string>> {
  const { status } = await readBackup(ctx.em, input);
  if (status !== 'SUCCESS') throw notFound('Content of the backup');
  const { rows } = await sql<{ content: Buffer }>`
    select content from backup_run where id = ${input.id} and content is not null`.execute(
    ctx.em.getKysely(),
  );
  const text = (await promisify(gunzip)(rows[0]?.content ?? '')).toString();
  const { orgId: organizationId, id: targetId } = input;
  const act = { organizationId, action: 'backup.downloaded', targetId } as const;
  await ctx.em.transactional((em) => recordAudit(em, ctx.origin, act, ctx.clock.now()));
  return inPieces(text);
}

async function* inPieces(text: string): AsyncGenerator<string> {
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at + pieceLength) + 1 || text.length;
    yield text.slice(at, end);
    at = end;
  }
}
