import fc from 'fast-check';

const surrogates = { first: 0xd800, count: 0x800 } as const;

const ofNumber = (n: number): string =>
  String.fromCodePoint(n < surrogates.first ? n : n + surrogates.count);

function toNumber(text: unknown): number {
  if (typeof text !== 'string' || !text.isWellFormed())
    throw new Error('No text of one code point');
  const [character, ...more] = text;
  const code = character?.codePointAt(0);
  if (code === undefined || more.length > 0) throw new Error('No text of one code point');
  return code < surrogates.first ? code : code - surrogates.count;
}

const character = fc.nat(0x10ffff - surrogates.count).map(ofNumber, toNumber);

/**
 * Any text that is well formed: what `unit: 'binary'` of fast-check stands for, which makes a table of
 * all 1.1 million characters first.
 */
export const anyText = (
  length: { readonly minLength?: number; readonly maxLength?: number } = {},
): fc.Arbitrary<string> => fc.string({ ...length, unit: character });
