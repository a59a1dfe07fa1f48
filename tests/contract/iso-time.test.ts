import fc from '../support/fast-check.ts';
import { expect, test } from 'vitest';
import { isoTime } from '../../server/paging/paging.ts';

const times = fc.date({
  min: new Date('1000-01-01'),
  max: new Date('9999-12-31'),
  noInvalidDate: true,
});

/** As PostgreSQL writes it in UTC: the fraction without the zeros at its end. */
function asPostgres(time: Date): string {
  const [seconds = '', fraction = ''] = time
    .toISOString()
    .replace('T', ' ')
    .slice(0, -1)
    .split('.');
  const digits = fraction.replace(/0+$/, '');
  return `${seconds}${digits && `.${digits}`}+00`;
}

test('a time in UTC is the text that a Date of it would give', () => {
  fc.assert(fc.property(times, (time) => isoTime(asPostgres(time)) === time.toISOString()));
});

test.each([
  ['2026-11-21 18:00:00.123999+00', '2026-11-21T18:00:00.123Z'],
  ['2026-11-21 18:00:00+02', '2026-11-21T16:00:00.000Z'],
  [new Date(0), '1970-01-01T00:00:00.000Z'],
])('%s is %s', (value, expected) => {
  expect(isoTime(value)).toBe(expected);
});
