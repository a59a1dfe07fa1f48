import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';

// A cold start on a machine that does much else.
const startMs = 90_000;

const program = findChromium();

/** Why tests in a browser are skipped here; null when they are not. */
export const chromiumMissing = program === null ? '(skipped: chromium not found)' : null;

/** The system's Chromium, headless, for the length of the block. */
export function useChromium(): { readonly browser: Browser } {
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (program === null) throw new Error('chromium not found');
    browser = await chromium.launch({
      executablePath: program,
      timeout: startMs,
      // Containers have no user namespaces, no GPU and a tiny /dev/shm.
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
  }, startMs);
  afterAll(() => browser?.close());
  return {
    get browser() {
      if (!browser) throw new Error('the browser is not running');
      return browser;
    },
  };
}

function findChromium(): string | null {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  const places = names.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return places.find(isExecutable) ?? null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
