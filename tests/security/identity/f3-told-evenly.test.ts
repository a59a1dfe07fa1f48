import { describe, expect, test } from 'vitest';
import { stepMs, tellEvenly } from '../../../server/features/auth/tell-evenly.ts';
import { AppError, type ErrorCode } from '../../../shared/errors.ts';
import { areaUnderCurve } from './area-under-curve.ts';

// F3 of the security programme, enumeration, without a machine's own noise: time is made up here.

/** How long a caller waits for work that takes `workMs` and ends in `code`, if it does not succeed. */
async function waited(workMs: number, code?: ErrorCode): Promise<number> {
  let nowMs = 1_000;
  const time = { now: () => nowMs, wait: (ms: number) => Promise.resolve((nowMs += ms)) };
  const work = async (): Promise<void> => {
    await time.wait(workMs);
    if (code !== undefined) throw new AppError(code, 'No');
  };
  await tellEvenly(work, time).catch(() => undefined);
  return nowMs - 1_000;
}

/** Refusals of a busy afternoon: a known account's are longer, by as much as its record takes. */
const unknownMs = Array.from({ length: 100 }, (_, n) => 21 + n / 10);
const knownMs = unknownMs.map((ms, n) => ms + 9 + n / 50);

describe('a refusal', () => {
  test('tells by its time nothing of what was looked up and put on record', async () => {
    const told = (times: readonly number[]) =>
      Promise.all(times.map((ms) => waited(ms, 'UNAUTHENTICATED')));
    expect(areaUnderCurve(knownMs, unknownMs)).toBeGreaterThan(0.9);
    expect(areaUnderCurve(await told(knownMs), await told(unknownMs))).toBe(0.5);
  });

  test.each([
    [1, stepMs],
    [stepMs - 1, stepMs],
    [stepMs, stepMs],
    [stepMs + 1, 2 * stepMs],
  ])('whose work takes %d ms is told after %d', async (workMs, toldMs) => {
    expect(await waited(workMs, 'UNAUTHENTICATED')).toBe(toldMs);
  });
});

test('whoever is known, and whoever asks for the wrong thing, waits for nothing', async () => {
  expect(await waited(30)).toBe(30);
  expect(await waited(30, 'VALIDATION')).toBe(30);
  expect(await waited(30, 'RATE_LIMITED')).toBe(30);
});
