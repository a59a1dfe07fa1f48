import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { dialects } from '../../shared/dialects.ts';
import { readmeFile, readRecords, withTables } from './conformance/readme-tables.ts';

test('the README says what the conformance suite has proven; `npm run docs` writes it', async () => {
  const readme = readFileSync(readmeFile, 'utf8');
  expect(readme).toBe(await withTables(readme, readRecords()));
});

test('every dialect that connects has a record, and no other', () => {
  const files = readdirSync(new URL('./conformance/records', import.meta.url));
  expect(files.sort()).toEqual(dialects.map((dialect) => `${dialect}.json`).sort());
});

test('every connector has proven a probe, a catalog and a cancellation', () => {
  for (const [dialect, { proven }] of readRecords()) {
    expect([dialect, ...proven]).toEqual(expect.arrayContaining(['probe', 'catalog', 'cancel']));
  }
});
