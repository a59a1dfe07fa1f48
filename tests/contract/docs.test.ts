import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { surfaces } from '../../server/rest/surfaces/index.ts';
import { useApi } from '../support/api.ts';
import { chromiumMissing, useChromium } from '../support/chromium.ts';
import { useDatabase } from '../support/database.ts';

const database = useDatabase();
const api = useApi(database);

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const pages = ['/docs', ...surfaces.map(({ name }) => `/docs/${name}`)];

async function get(path: string) {
  const response = await fetch(`${api.url}${path}`);
  return { response, text: await response.text() };
}

/** The addresses that a page loads. */
async function assetsOf(path: string): Promise<string[]> {
  const { text } = await get(path);
  return [...text.matchAll(/(?:src|href)="([^"]*\/assets\/[^"]*)"/g)].map(([, url]) => url ?? '');
}

describe('the pages of /docs', () => {
  test.each(pages)('%s runs scripts of ours only, and no inline one', async (path) => {
    const { response, text } = await get(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toBe(policy);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(text).not.toMatch(/https?:\/\/|\sstyle=|\son\w+=|<style|<script(?![^>]* src=)/);
  });

  test('what they load is kept for a year, under an address that changes with it', async () => {
    const assets = new Set((await Promise.all(pages.map(assetsOf))).flat());
    expect([...assets].map((address) => address.split('/').at(-1)).toSorted()).toEqual([
      'docs.css',
      'favicon.svg',
      'start-viewer.js',
      'viewer.css',
      'viewer.js',
    ]);
    for (const address of assets) {
      const { response } = await get(address);
      expect(response.status, address).toBe(200);
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(response.headers.get('pragma')).toBeNull();
    }
  });

  test('no other file is sent, whatever the address', async () => {
    const [address = ''] = await assetsOf('/docs');
    const folder = address.slice(0, address.lastIndexOf('/'));
    const wrong = [
      '/docs/else',
      '/docs/assets',
      folder,
      `${folder}/swagger-ui-bundle.js`,
      `${folder}/swagger-ui-bundle.js.map`,
      `${folder}/index.html`,
      `${folder}/..%2fassets.ts`,
      `${folder}/..%2f..%2f..%2fpackage.json`,
      `${folder}/constructor`,
      `/docs/assets/other/docs.css`,
    ];
    for (const path of wrong) {
      const { response, text } = await get(path);
      expect(response.status, path).toBe(404);
      expect(response.headers.get('cache-control'), path).toBe('no-store');
      expect(JSON.parse(text), path).toMatchObject({ error: { title: 'NotFound' } });
    }
  });
});

const documentSchema = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
});

// The viewer resolves each document in the page, which takes seconds on a machine that is busy.
const shownMs = 60_000;

describe.skipIf(chromiumMissing)(`in a browser ${chromiumMissing ?? ''}`, () => {
  const chromium = useChromium();

  /** A page of its own, and everything about it that must not happen. */
  async function openPage(): Promise<{ page: Page; troubles: string[] }> {
    const troubles: string[] = [];
    const page = await chromium.browser.newPage({ viewport: { width: 1_280, height: 900 } });
    page.setDefaultTimeout(shownMs);
    page.on('console', (message) => {
      const { url } = message.location();
      if (['error', 'warning'].includes(message.type())) troubles.push(`${message.text()} ${url}`);
    });
    page.on('pageerror', (error) => troubles.push(String(error)));
    page.on('requestfailed', (request) => {
      const reason = request.failure()?.errorText ?? '';
      // Who leaves a page breaks off what is still under way, such as its icon.
      if (reason !== 'net::ERR_ABORTED') troubles.push(`failed: ${request.url()} ${reason}`);
    });
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (origin !== api.url && protocol !== 'data:') troubles.push(`foreign: ${request.url()}`);
    });
    return { page, troubles };
  }

  async function operationsOf(documentPath: string): Promise<number> {
    const { paths } = documentSchema.parse(JSON.parse((await get(documentPath)).text));
    return Object.values(paths).flatMap((path) => Object.keys(path)).length;
  }

  test.each(surfaces)(
    'the $name surface is chosen, and shown whole',
    { timeout: 3 * shownMs },
    async ({ name, title, prefix, documentPath }) => {
      const { page, troubles } = await openPage();
      await page.goto(`${api.url}/docs`);
      await page.getByRole('link', { name: title }).click();
      await page.waitForURL(`${api.url}/docs/${name}`);
      await page.getByRole('heading', { name: title }).waitFor();
      await expect
        .poll(() => page.locator('.opblock').count(), { timeout: shownMs })
        .toBe(await operationsOf(`${prefix}${documentPath}`));
      const link = page.getByRole('link', { name, exact: true });
      expect(await link.getAttribute('aria-current')).toBe('page');
      expect(await page.locator('body').innerText()).not.toMatch(/swagger|smartbear|petstore/i);
      expect(await page.locator('img').count()).toBe(0);
      expect(troubles).toEqual([]);
      await page.close();
    },
  );

  test(
    'an operation is tried with a key, which the browser does not keep',
    { timeout: 4 * shownMs },
    async () => {
      const { key } = await api.tenant('Tried in the browser');
      const { page, troubles } = await openPage();
      await page.goto(`${api.url}/docs/public`);
      await page.getByRole('button', { name: 'Authorize' }).click();
      const dialog = page.locator('.modal-ux');
      await dialog.getByRole('textbox').fill(key);
      await dialog.getByRole('button', { name: 'Apply credentials' }).click();
      await dialog.getByRole('button', { name: 'Close', exact: true }).click();
      const operation = page
        .locator('.opblock-get')
        .filter({ has: page.locator('[data-path="/organizations"]') });
      await operation.locator('.opblock-summary-control').click();
      await operation.getByRole('button', { name: 'Execute' }).click();
      const answer = operation.locator('.live-responses-table');
      await expect
        .poll(() => answer.innerText(), { timeout: shownMs })
        .toContain('Tried in the browser');
      expect(await answer.locator('tbody .response-col_status').innerText()).toMatch(/^200/);
      expect(troubles).toEqual([]);
      const kept = 'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])';
      expect(await page.evaluate(kept)).toBe('[{},{},""]');
      await page.close();
    },
  );

  test(
    'the policy is in force: an injected script does not run',
    { timeout: 2 * shownMs },
    async () => {
      const { page, troubles } = await openPage();
      await page.goto(`${api.url}/docs`);
      await page.evaluate(`
      const script = document.createElement('script');
      script.textContent = 'document.title = "injected"';
      document.body.append(script);
    `);
      await expect.poll(() => troubles.join(), { timeout: shownMs }).toContain('script-src');
      expect(await page.title()).toBe('Basekeep API reference');
      await page.close();
    },
  );
});
