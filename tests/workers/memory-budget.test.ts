import { describe, expect, test } from 'vitest';
import { ConnectionFailure } from '../../workers/connectors/connector.ts';
import { withDeadline } from '../../workers/egress/deadline.ts';
import { costOfJson, costOfRow } from '../../workers/memory/costs.ts';
import { LastAnswers } from '../../workers/memory/last-answers.ts';
import { budgetFor, MemoryBudget } from '../../workers/memory/memory-budget.ts';
import type { Share } from '../../workers/memory/share.ts';

const MiB = 1024 * 1024;

/** Jobs that hold something and wait to be told to go on. */
async function holding(budget: MemoryBudget, bytes: readonly number[]) {
  const shares: Share[] = [];
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  const jobs = bytes.map((amount) =>
    budget.share(async (share) => {
      shares.push(share);
      share.set(shares, amount);
      await over;
    }),
  );
  const ended = Promise.allSettled(jobs);
  const close = async (): Promise<void> => {
    end();
    await ended;
  };
  return { shares, close };
}

const codes = (shares: readonly Share[]) => shares.map(({ failure }) => failure?.code ?? null);

describe('when the memory of a worker is full', () => {
  test('the job that holds the most goes, whoever asked for more', async () => {
    const { shares, close } = await holding(new MemoryBudget(100), [30, 40, 20]);
    shares[2]?.set({}, 5);
    expect(codes(shares)).toEqual([null, null, null]);
    shares[2]?.set({}, 6);
    expect(codes(shares)).toEqual([null, 'WORKER_BUSY', null]);
    await close();
  });

  test('a job that takes most of it by itself is too large, and stops at once', async () => {
    const { shares, close } = await holding(new MemoryBudget(100), [10, 10]);
    expect(() => shares[0]?.set({}, 95)).toThrow('LIMIT_EXCEEDED');
    // What comes after that is not held, and not counted.
    shares[0]?.set({}, 95);
    expect(codes(shares)).toEqual(['LIMIT_EXCEEDED', null]);
    // What it held is there for the others.
    shares[1]?.set({}, 90);
    expect(codes(shares)).toEqual(['LIMIT_EXCEEDED', null]);
    await close();
  });

  test('whatever the job that goes waits for ends with its code', async () => {
    const { shares, close } = await holding(new MemoryBudget(100), [60, 10]);
    const signal = shares[0]?.signal ?? AbortSignal.abort();
    const waiting = withDeadline(new Promise(() => undefined), { timeoutMs: 60_000, signal });
    const ended = expect(waiting).rejects.toThrow(new ConnectionFailure('LIMIT_EXCEEDED'));
    shares[1]?.set({}, 40);
    await ended;
    await close();
  });
});

test('what a job held is given back when it is over, however it ended', async () => {
  const budget = new MemoryBudget(100);
  for (let turn = 0; turn < 3; turn += 1) {
    await budget.share((share) => Promise.resolve(share.set(budget, 90)));
    const failing = budget.share((share) => {
      share.set(budget, 90);
      return Promise.reject(new Error('over'));
    });
    await expect(failing).rejects.toThrow('over');
  }
});

test('an answer counts until so many others have come', async () => {
  const { shares, close } = await holding(new MemoryBudget(100), [0]);
  const answers = new LastAnswers(shares[0], 2);
  for (const bytes of [10, 20, 30]) answers.begin()(bytes);
  expect(shares[0]?.heldBytes).toBe(50);
  await close();
});

test('a budget has room for a large sync of each job that a worker does at a time', () => {
  const full = (concurrency: number) => (share: Share) => {
    share.set({}, (concurrency + 1) * 24 * MiB);
    return Promise.resolve();
  };
  return Promise.all([1, 4, 16, 64].map((each) => budgetFor(each).share(full(each))));
});

test.each(['[],', '{},', '{"key1":1},', '"ab",', '1.5,', 'null,'])(
  'JSON costs no less than what V8 makes of it: %s',
  (item) => {
    // Of 64 bits: a list has 16 bytes and its elements, an object 56 with its first members, a text 24.
    const least = { '[': 40, '{': 56, '"': 32 }[item.charAt(0)] ?? 8;
    expect(costOfJson(Buffer.from(item))).toBeGreaterThanOrEqual(least);
  },
);

test('a row costs more than its characters', () => {
  expect(costOfRow(10, 20)).toBeGreaterThan(10 * 24 + 20);
});
