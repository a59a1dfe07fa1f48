import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { sharingFiles } from '../sharing-files.ts';

const root = path.join(import.meta.dirname, '../..');
const { alone, together } = sharingFiles(root);

/** What says that a test is about its process, or changes it for whoever comes after. */
const signs =
  /\bvi\.(?:mock|doMock|stubGlobal)\(|process\.(?:memoryUsage|chdir|getActiveResourcesInfo)\b|process\.once\('warning'|\bdiagnostics_channel\b|setGlobalDispatcher/;

describe('a test file', () => {
  test.each(together)('%s shares its process, and is not about it', (file) => {
    expect(readFileSync(path.join(root, file), 'utf8')).not.toMatch(signs);
  });

  test('that is about its process is known by these signs', () => {
    const marked = alone.filter((file) => signs.test(readFileSync(path.join(root, file), 'utf8')));
    expect(marked).toContain('tests/security/a4-batches.test.ts');
  });

  test('runs in one way or the other', () => {
    expect(new Set([...alone, ...together]).size).toBe(alone.length + together.length);
    expect(alone).toContain('tests/architecture/sharing-files.test.ts');
  });
});
