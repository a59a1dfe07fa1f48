import type { Target } from './targets.ts';

/** One request, ready to be sent. */
export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string | Buffer | null;
}

/** Percent-encoding of any text, lone surrogates included: as the bytes they would have in UTF-8. */
function escaped(text: string): string {
  return text
    .split(/(\p{Surrogate})/u)
    .map((part) => (part.isWellFormed() ? encodeURIComponent(part) : surrogateBytes(part)))
    .join('');
}

function surrogateBytes(character: string): string {
  const code = character.charCodeAt(0);
  const bytes = [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)];
  return bytes.map((byte) => `%${byte.toString(16).toUpperCase()}`).join('');
}

const asText = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');

/**
 * The request that gives these values to the target. What has no place in it goes where the body is,
 * or to the query; `whole` takes the place of the body, or of RPC's input, as it is.
 */
export function requestOf(
  target: Target,
  values: Readonly<Record<string, unknown>>,
  whole?: string,
): FuzzRequest {
  const inPath = new Set([...target.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
  const path = target.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    escaped(asText(values[name] ?? 'none')),
  );
  const beside = Object.entries(values).filter(([name]) => !inPath.has(name));
  const { method, transport } = target;
  if (method !== 'GET' && method !== 'DELETE') {
    return { method, path, body: whole ?? JSON.stringify(Object.fromEntries(beside)) };
  }
  if (transport === 'trpc') {
    const input = whole ?? JSON.stringify(Object.fromEntries(beside));
    return { method, path: `${path}?input=${escaped(input)}`, body: null };
  }
  const query = beside.map(([name, value]) => `${escaped(name)}=${escaped(asText(value))}`);
  const search = whole === undefined ? query.join('&') : escaped(whole);
  return { method, path: search ? `${path}?${search}` : path, body: null };
}
