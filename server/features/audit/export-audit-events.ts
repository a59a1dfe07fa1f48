import type { EntityManager } from '../../../shared/db/orm.ts';
import type { CallerContext } from '../../context.ts';
import { writeHead, writeLink, type ChainHead } from './chain-line.ts';
import { readChain, readChainHead } from './read-chain.ts';

/**
 * An organization's whole trail as JSON lines (chain-line.ts says what is in them), as it is when
 * the export begins. `npm run audit:verify` checks the file without any database.
 */
export async function exportAuditEvents(
  { em }: Pick<CallerContext, 'em'>,
  { orgId }: { orgId: string },
): Promise<AsyncGenerator<string>> {
  return linesUpTo(em, await readChainHead(em, orgId));
}

async function* linesUpTo(em: EntityManager, head: ChainHead): AsyncGenerator<string> {
  yield `${writeHead(head)}\n`;
  for await (const link of readChain(em, head.organizationId, { upTo: head.sequence })) {
    yield `${writeLink(link)}\n`;
  }
}
