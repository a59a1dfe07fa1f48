import fc from '../support/fast-check.ts';
import { describe, expect, test } from 'vitest';
import { matchesGlob, parseGlob } from '../../shared/patterns/glob.ts';
import { everything, selectionOf } from '../../workers/selection.ts';
import { TablePatterns } from '../../shared/patterns/table-pattern.ts';

/** The definition itself, tried in every way: slow, and short enough to be seen to be right. */
function matchesNaively(glob: readonly string[], name: readonly string[]): boolean {
  const [piece, ...pieces] = glob;
  const [character, ...rest] = name;
  if (piece === undefined) return character === undefined;
  if (piece === '*') {
    return matchesNaively(pieces, name) || (character !== undefined && matchesNaively(glob, rest));
  }
  if (character === undefined) return false;
  return (piece === '?' || Array.from(piece).at(-1) === character) && matchesNaively(pieces, rest);
}

// Few characters, so that matches are frequent; one of them takes two UTF-16 units.
const character = fc.constantFrom('a', 'b', 'A', '😀', '*', '?', '\\', '.', '!');
const literal = character.map((of) => `\\${of}`);
const globPieces = fc.array(fc.oneof(fc.constantFrom('a', 'b', '😀', '*', '*', '?'), literal), {
  maxLength: 7,
});
const names = fc.array(character, { maxLength: 7 });
const name = names.map((all) => all.join(''));

describe('a pattern', () => {
  test('matches what its definition says', () => {
    fc.assert(
      fc.property(globPieces, names, (pieces, all) => {
        const matched = matchesGlob(parseGlob(pieces.join('')), all.join(''));
        expect(matched).toBe(matchesNaively(pieces, all));
      }),
      { numRuns: 3_000 },
    );
  });

  test('of a name with everything in it taken literally matches that name alone', () => {
    fc.assert(
      fc.property(names, name, (all, other) => {
        const glob = parseGlob(all.map((of) => `\\${of}`).join(''));
        expect(matchesGlob(glob, all.join(''))).toBe(true);
        expect(matchesGlob(glob, other)).toBe(all.join('') === other);
      }),
    );
  });

  test('takes time by the length of a name, however it is made', () => {
    const before = performance.now();
    for (const glob of ['*a'.repeat(100) + '*b', '*' + 'a'.repeat(200) + 'b']) {
      expect(matchesGlob(parseGlob(glob), 'a'.repeat(10_000))).toBe(false);
    }
    expect(performance.now() - before).toBeLessThan(5_000);
  });
});

const schema = fc.constantFrom('public', 'audit', 'a.b', '');
const table = fc.constantFrom('users', 'tmp_users', 'tmp_', 'x.y', '!odd');

describe('a selection', () => {
  test.each([
    [[], 'public.users', true],
    [['public.*'], 'public.users', true],
    [['public.*'], 'audit.users', false],
    [['Public.*'], 'public.users', false],
    [['users'], 'audit.users', true],
    [['!tmp_*'], 'public.tmp_1', false],
    [['!tmp_*'], 'public.users', true],
    [['public.*', '!tmp_*'], 'public.tmp_1', false],
    [['!tmp_*', 'public.tmp_1'], 'public.tmp_1', false],
    [['!audit.*'], 'audit.users', false],
    [['*.user?'], 'public.users', true],
    [['*.user?'], 'public.user', false],
    [['.*'], '.users', true],
    [['.*'], 'public.users', false],
  ])('%j: %s is %s', (patterns, place, expected) => {
    const dot = place.indexOf('.');
    const selection = selectionOf(patterns);
    expect(selection.has(place.slice(0, dot), place.slice(dot + 1))).toBe(expected);
  });

  test('of names with dots and exclamation marks is written with backslashes', () => {
    expect(selectionOf(['a\\.b.*']).has('a.b', 'users')).toBe(true);
    expect(selectionOf(['a.b.*']).has('a.b', 'users')).toBe(false);
    expect(selectionOf(['public.x.y']).has('public', 'x.y')).toBe(true);
    expect(selectionOf(['\\!odd']).has('public', '!odd')).toBe(true);
    expect(selectionOf(['\\!odd']).has('public', 'odd')).toBe(false);
  });

  const patterns = fc.array(
    fc
      .tuple(fc.constantFrom('', '!'), fc.constantFrom('', '*.', 'public.', 'a*.'), table)
      .map(([not, of, all]) => `${not}${of}${all.replace('tmp', '*').replace('!', '\\!')}`),
    { maxLength: 4 },
  );

  test('never has a table in a schema that it says it cannot have', () => {
    fc.assert(
      fc.property(patterns, schema, table, (all, inSchema, name) => {
        const selection = selectionOf(all);
        if (selection.has(inSchema, name)) expect(selection.mayHaveSchema(inSchema)).toBe(true);
      }),
    );
  });

  test('gets no larger by a pattern that excludes, wherever it stands', () => {
    fc.assert(
      fc.property(patterns, table, schema, table, (all, less, inSchema, name) => {
        const excluding = `!${less.replace('!', '\\!')}`;
        const [narrower, turned] = [
          selectionOf([...all, excluding]),
          selectionOf([excluding, ...all]),
        ];
        if (narrower.has(inSchema, name)) {
          expect(selectionOf(all).has(inSchema, name)).toBe(true);
        }
        expect(turned.has(inSchema, name)).toBe(narrower.has(inSchema, name));
      }),
    );
  });

  test('without patterns is everything', () => {
    expect(selectionOf([])).toBe(everything);
  });
});

describe('patterns that are sent', () => {
  test.each([[['']], [['!']], [['public.']], [['tmp\\']], [['a'.repeat(257)]], [['a\0']]])(
    '%j are refused',
    (patterns) => {
      expect(TablePatterns.safeParse(patterns).success).toBe(false);
    },
  );

  test('are a hundred at most', () => {
    const all = Array.from({ length: 100 }, (_, n) => `t${n}`);
    expect(TablePatterns.safeParse(all).success).toBe(true);
    expect(TablePatterns.safeParse([...all, 't']).success).toBe(false);
  });
});
