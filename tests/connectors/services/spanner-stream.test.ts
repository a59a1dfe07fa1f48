import fc from '../../support/fast-check.ts';
import { describe, expect, test } from 'vitest';
import { jsonElements } from '../../../workers/connectors/spanner/json-elements.ts';
import { anyText } from '../../support/any-text.ts';

/** The bytes of a text, cut where the numbers say. */
function* cut(text: string, places: readonly number[]): Generator<Uint8Array> {
  const bytes = Buffer.from(text);
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))];
  let from = 0;
  for (const to of [...ends.sort((a, b) => a - b), bytes.length]) {
    yield bytes.subarray(from, to);
    from = to;
  }
}

async function* pieces(of: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* of;
}

const split = (text: string, places: readonly number[] = [], maxBytes = 1_000_000) =>
  Array.fromAsync(jsonElements(pieces(cut(text, places)), maxBytes, () => undefined));

describe('a stream of JSON', () => {
  const elements = fc.array(fc.dictionary(anyText(), fc.jsonValue()));
  const spaces = fc.constantFrom(undefined, 1, '\t', '  ');

  test('is taken apart into its elements, wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(elements, spaces, fc.array(fc.nat()), async (wanted, space, places) => {
        const text = ` ${JSON.stringify(wanted, null, space)}\r\n`;
        const found = (await split(text, places)).map((part): unknown => JSON.parse(part));
        expect(found).toEqual(JSON.parse(text));
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    '',
    ' ',
    '{}',
    '[1]',
    '["a"]',
    '[{}',
    '[{"a":"',
    '[{}]]',
    '[{}][',
    '[{}] x',
    '[[]]',
    ']',
    'null',
    '<html>',
    '[{},null]',
  ])('%j is none', async (text) => {
    await expect(split(text)).rejects.toThrow('PROTOCOL_ERROR');
  });

  test('an element has its limit, whole or not', async () => {
    const large = `[{"a":"${'x'.repeat(1_000)}`;
    await expect(split(`${large}"}]`, [], 1_000)).rejects.toThrow('LIMIT_EXCEEDED');
    await expect(split(large, [10, 500], 1_000)).rejects.toThrow('LIMIT_EXCEEDED');
    expect(await split(`${large}"}]`, [10, 500], 1_100)).toHaveLength(1);
  });
});
