import { readHead, readLink, type ChainLink } from './chain-line.ts';
import { verifyChain, type Break } from './verify-chain.ts';

/** No event comes near: requests are limited to 256 KB. */
const maxLineBytes = 4 * 1_024 * 1_024;

/** Checks an export by itself. What stands in it is not trusted; the answer is its first break. */
export async function verifyExport(bytes: AsyncIterable<Uint8Array>): Promise<{
  readonly organizationId: string;
  readonly events: number;
  readonly broken: Break | null;
}> {
  const lines = linesOf(bytes);
  const { value: first } = await lines.next();
  const head = typeof first === 'string' ? readHead(first) : null;
  if (!head) {
    const broken = { organizationId: '?', position: 0, eventId: null, problem: 'changed' } as const;
    return { organizationId: '?', events: 0, broken };
  }
  const links = async function* (): AsyncGenerator<ChainLink | null> {
    for await (const line of lines) yield line === null ? null : readLink(line);
  };
  const { organizationId, sequence: events } = head;
  return { organizationId, events, broken: await verifyChain(head, links()) };
}

/** Lines without their line feeds; null for one that is cut off, too long or not UTF-8. */
async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string | null> {
  let rest: Uint8Array[] = [];
  for await (const chunk of bytes) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      yield decode([...rest, chunk.subarray(from, end)]);
      rest = [];
      from = end + 1;
    }
    rest = [...rest, chunk.subarray(from)];
    if (lengthOf(rest) <= maxLineBytes) continue;
    yield null;
    return;
  }
  if (lengthOf(rest) > 0) yield null;
}

const lengthOf = (chunks: readonly Uint8Array[]): number =>
  chunks.reduce((sum, { length }) => sum + length, 0);

function decode(chunks: readonly Uint8Array[]): string | null {
  try {
    // Neither a byte order mark nor a malformed sequence may pass for nothing.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch {
    return null;
  }
}
