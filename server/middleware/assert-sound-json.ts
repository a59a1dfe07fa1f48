import { invalidField } from '../../shared/errors.ts';

/** Deeper than any input of ours by far, and shallow enough for every recursion over it. */
const maxDepth = 32;

/**
 * Refuses JSON that is nested deeper than 32 levels, before anything recursive sees it, and objects
 * that give a field twice: readers disagree about which of the two counts, so what a proxy or a log
 * has seen need not be what we do (RFC 8259, section 4). Text that is no JSON is left to the parser.
 */
export function assertSoundJson(text: string): void {
  // The names seen so far of each object that is open; null for an array.
  const open: (Set<string> | null)[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') {
      const end = endOfText(text, at);
      const names = open.at(-1);
      if (names && isName(text, end)) addName(names, text.slice(at, end + 1));
      at = end;
    } else if (character === '[' || character === '{') {
      if (open.length === maxDepth) {
        throw invalidField('body', `Nested deeper than ${maxDepth} levels`);
      }
      open.push(character === '{' ? new Set() : null);
    } else if (character === ']' || character === '}') open.pop();
  }
}

/** Where the text that begins at `start` has its closing quote: one with no odd backslash before it. */
function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}

function isName(text: string, end: number): boolean {
  let next = end + 1;
  while (isSpace(text[next])) next += 1;
  return text[next] === ':';
}

const isSpace = (character: string | undefined): boolean =>
  character === ' ' || character === '\n' || character === '\r' || character === '\t';

function addName(names: Set<string>, quoted: string): void {
  const name = quoted.includes('\\') ? unescaped(quoted) : quoted.slice(1, -1);
  if (names.has(name)) throw invalidField(name.slice(0, 100), 'Given more than once');
  names.add(name);
}

/** `"\u0061"` is a second `"a"`. */
function unescaped(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted;
  }
}
