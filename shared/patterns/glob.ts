/** One piece of a pattern: a character by its code point, any one character, or any run of them. */
type Piece = number | 'one' | 'run';

export type Glob = readonly Piece[];

/** What is wrong with a pattern's text, told to people. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

/** Matches everything. */
export const anything: Glob = ['run'];

/**
 * `*` is any run of characters, `?` any one, `\` takes what follows it literally. Upper and lower
 * case are different, as they are to databases. Throws `PatternError` for a `\` with nothing behind it.
 */
export function parseGlob(text: string): Glob {
  const pieces: Piece[] = [];
  let isEscaped = false;
  for (const character of text) {
    if (isEscaped || !'*?\\'.includes(character)) pieces.push(character.codePointAt(0) ?? 0);
    else if (character === '?') pieces.push('one');
    else if (character === '*' && pieces.at(-1) !== 'run') pieces.push('run');
    isEscaped = !isEscaped && character === '\\';
  }
  if (isEscaped) throw new PatternError('Must not end with \\');
  return pieces;
}

/**
 * Whether the whole name matches. Only the latest `*` is ever taken back, because what an earlier one
 * could do better the later one can do as well: time grows with the name, never with the power of it.
 */
export function matchesGlob(glob: Glob, name: string): boolean {
  let piece = 0;
  let at = 0;
  let afterRun = -1;
  let runEnds = 0;
  while (at < name.length) {
    const wanted = glob[piece];
    const found = name.codePointAt(at) ?? 0;
    if (wanted === 'run') {
      piece += 1;
      afterRun = piece;
      runEnds = at;
    } else if (wanted === 'one' || wanted === found) {
      piece += 1;
      at += widthOf(found);
    } else if (afterRun >= 0) {
      runEnds += widthOf(name.codePointAt(runEnds) ?? 0);
      piece = afterRun;
      at = runEnds;
    } else return false;
  }
  return piece === glob.length || (piece === glob.length - 1 && glob[piece] === 'run');
}

const widthOf = (codePoint: number): number => (codePoint > 0xffff ? 2 : 1);
