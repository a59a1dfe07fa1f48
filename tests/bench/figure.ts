/** What a figure has to reach: its ratio to the baseline, or its own value. */
export interface Goal {
  readonly of: 'ratio' | 'value';
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** One measured figure. Times alone say nothing about another machine: ratios are what counts. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** What it is measured against, in the same run. */
  readonly baseline?: number;
  readonly ratio?: number;
  /** Smallest and largest ratio of a single round: how far to believe `ratio`. */
  readonly spread?: readonly [number, number];
  readonly goal?: Goal;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/**
 * A figure from rounds that were taken side by side: the median of the rounds' ratios, so that what
 * disturbs the machine for a while disturbs both sides of a round.
 */
export function compare(
  name: string,
  unit: string,
  product: readonly number[],
  baseline: readonly number[],
  goal?: Omit<Goal, 'of'>,
): Figure {
  const ratios = product.map((value, round) => value / (baseline[round] ?? Number.NaN));
  return {
    name,
    unit,
    value: median(product),
    baseline: median(baseline),
    ratio: median(ratios),
    spread: [Math.min(...ratios), Math.max(...ratios)],
    ...(goal ? { goal: { of: 'ratio', ...goal } } : {}),
  };
}

/** Null for a figure without a goal. */
export function isMet({ value, ratio, goal }: Figure): boolean | null {
  if (!goal) return null;
  const measured = goal.of === 'ratio' ? (ratio ?? Number.NaN) : value;
  return measured >= (goal.atLeast ?? -Infinity) && measured <= (goal.atMost ?? Infinity);
}
