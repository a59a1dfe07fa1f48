import { inject } from 'vitest';

/**
 * Decides when faults happen: the same moments with every run of a pull request, others every night.
 * `FAULT_SEED=n` asks for those of a run that failed; its tests carry it in their names.
 */
export const faultSeed = Number(
  process.env['FAULT_SEED'] ?? (inject('size') === 'nightly' ? Date.now() % 2 ** 31 : 20_261_122),
);

/** Moments between 0 and `withinMs`, one after the other, that follow from the seed (mulberry32). */
export function* faultMoments(withinMs: number, seed = faultSeed): Generator<number, never> {
  for (let state = seed; ;) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    yield (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * withinMs;
  }
}
