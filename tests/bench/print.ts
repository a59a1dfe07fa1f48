import { isMet, type Figure } from './figure.ts';

/** One line: name, value, baseline, ratio with its spread, goal, and whether it is met. */
export function lineOf(figure: Figure): string {
  const { name, unit, value, baseline, ratio, spread } = figure;
  const against = baseline === undefined ? '' : ` against ${round(baseline)}`;
  const times = ratio === undefined ? '' : `= ${round(ratio)} x`;
  const range = spread ? `(${round(spread[0])} to ${round(spread[1])})` : '';
  const measured = `${round(value)}${against} ${unit}`;
  return [
    `  ${verdict(figure).padEnd(6)}`,
    name.padEnd(36),
    measured.padEnd(36),
    times.padEnd(10),
    range.padEnd(18),
    goalOf(figure),
  ]
    .join(' ')
    .trimEnd();
}

function verdict(figure: Figure): string {
  const met = isMet(figure);
  if (met === null) return '';
  return met ? 'ok' : 'MISSED';
}

function goalOf({ goal, unit }: Figure): string {
  if (!goal) return '';
  const suffix = goal.of === 'ratio' ? 'x' : unit;
  const bounds = [
    goal.atLeast === undefined ? '' : `at least ${goal.atLeast} ${suffix}`,
    goal.atMost === undefined ? '' : `at most ${goal.atMost} ${suffix}`,
  ];
  return `goal: ${bounds.filter(Boolean).join(', ')}`;
}

/** Three digits that count. */
function round(value: number): string {
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return String(Number(value.toPrecision(3)));
}
