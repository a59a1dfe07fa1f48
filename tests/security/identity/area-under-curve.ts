/**
 * How well one can tell two kinds by a measure: the chance that one of `some` is larger than one of
 * `others`, ties counting half. 0.5 is a coin, 0 and 1 are certainty (Mann and Whitney).
 */
export function areaUnderCurve(some: readonly number[], others: readonly number[]): number {
  const sorted = [...others].sort((a, b) => a - b);
  const below = (value: number, isIn: (other: number) => boolean): number => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = sorted[middle];
      if (other !== undefined && (other < value || (isIn(other) && other === value)))
        low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const wins = some.map((value) => (below(value, () => false) + below(value, () => true)) / 2);
  return wins.reduce((sum, win) => sum + win, 0) / (some.length * others.length);
}
