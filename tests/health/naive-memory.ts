/** One thing that happened to a data source, in its order. */
export type Happening =
  | {
      readonly kind: 'check';
      readonly at: number;
      readonly failed: boolean;
      readonly durationMs: number;
      /** How long it tells the status when no other check comes. */
      readonly tellsMs: number;
    }
  | { readonly kind: 'pause' | 'resume'; readonly at: number };

interface Incident {
  readonly startedAt: number;
  readonly endedAt: number | null;
}

/** Only checks outside of pauses count. */
export function checksIn(happened: readonly Happening[]) {
  let paused = false;
  return happened.flatMap((one) => {
    if (one.kind !== 'check') {
      paused = one.kind === 'pause';
      return [];
    }
    return paused ? [] : [one];
  });
}

/** Outages, by looking at every check and at those around it. */
export function incidentsIn(happened: readonly Happening[]): Incident[] {
  const checks = checksIn(happened);
  const incidents: Incident[] = [];
  checks.forEach((check, n) => {
    const isFirstFailure = check.failed && checks[n - 1]?.failed !== true;
    if (!isFirstFailure) return;
    const wasEverGood = checks.slice(0, n).some(({ failed }) => !failed);
    const isConfirmed = checks[n + 1]?.failed === true;
    if (wasEverGood && !isConfirmed) return;
    const good = checks.slice(n).find(({ failed }) => !failed);
    incidents.push({ startedAt: check.at, endedAt: good?.at ?? null });
  });
  return incidents;
}

/** Milliseconds known and down of `[from, to)`, check by check. */
export function uptimeIn(happened: readonly Happening[], from: number, to: number) {
  const checks = checksIn(happened);
  const incidents = incidentsIn(happened);
  const pauses = happened.filter(({ kind }) => kind === 'pause').map(({ at }) => at);
  let known = 0;
  let down = 0;
  checks.forEach((check, n) => {
    const nextPause = pauses.find((at) => at >= check.at) ?? Infinity;
    const until = Math.min(check.at + check.tellsMs, checks[n + 1]?.at ?? Infinity, nextPause, to);
    const [a, b] = [Math.max(check.at, from), until];
    if (b <= a) return;
    known += b - a;
    for (const { startedAt, endedAt } of incidents) {
      down += Math.max(0, Math.min(b, endedAt ?? Infinity) - Math.max(a, startedAt));
    }
  });
  return { known, down };
}

/** By linear interpolation between the two nearest, as PostgreSQL's percentile_cont. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = share * (sorted.length - 1);
  const below = sorted[Math.floor(rank)];
  const above = sorted[Math.ceil(rank)];
  if (below === undefined || above === undefined) return null;
  return below + (above - below) * (rank - Math.floor(rank));
}
