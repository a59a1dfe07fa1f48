import type { CallerContext } from '../../context.ts';
import { writeHead, writeLink } from './chain-line.ts';
import { readChain, readChainHead } from './read-chain.ts';

/**
 * An organization's whole trail as JSON lines (chain-line.ts says what is in them), as it is when
 * the export begins. `npm run audit:verify` checks the file without any database.
 */
export async function* exportAuditEvents(
  { em }: Pick<CallerContext, 'em'>,
  { orgId }: { orgId: string },
): AsyncGenerator<string, void, undefined> {
  const head = await readChainHead(em, orgId);
  yield `${writeHead(head)}\n`;
  for await (const link of readChain(em, orgId, { upTo: head.sequence })) {
    yield `${writeLink(link)}\n`;
  }
}
