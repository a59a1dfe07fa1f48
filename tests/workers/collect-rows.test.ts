import { expect, test } from 'vitest';
import type { Row } from '../../workers/connectors/ordered-rows.ts';
import { collectRows } from '../../workers/memory/collect-rows.ts';

/** Pages without end; `state` tells how many were asked for, and whether the server was let go. */
function endless(page: readonly Row[]) {
  const state = { pages: 0, isOver: false };
  async function* read(): AsyncGenerator<readonly Row[]> {
    try {
      // Far more than any limit, and not so many that a missing one takes the memory of the machine.
      for (; state.pages < 5_000; state.pages += 1) yield page;
    } finally {
      state.isOver = true;
    }
  }
  return { state, pages: read() };
}

const mebibyte = 'x'.repeat(1024 * 1024);

test('as many rows as were asked for come in one list', async () => {
  async function* pages(): AsyncGenerator<readonly Row[]> {
    yield [['a'], ['b']];
    yield [];
    yield [[null]];
  }
  expect(await collectRows(pages(), 3)).toEqual([['a'], ['b'], [null]]);
});

test('one row more is PROTOCOL_ERROR, and nothing is read after it', async () => {
  const { state, pages } = endless([['a'], ['b']]);
  await expect(collectRows(pages, 3)).rejects.toThrow('PROTOCOL_ERROR');
  expect(state).toEqual({ pages: 1, isOver: true });
});

test('a page that is too long is PROTOCOL_ERROR by itself', async () => {
  const { state, pages } = endless([['a'], ['b'], ['c']]);
  await expect(collectRows(pages, 2)).rejects.toThrow('PROTOCOL_ERROR');
  expect(state).toEqual({ pages: 0, isOver: true });
});

test('more text than is worth collecting is LIMIT_EXCEEDED, and nothing is read after it', async () => {
  const { state, pages } = endless([['a', mebibyte, null]]);
  await expect(collectRows(pages, 10_000)).rejects.toThrow('LIMIT_EXCEEDED');
  expect(state).toEqual({ pages: 7, isOver: true });
});
