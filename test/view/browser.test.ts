import { mkdtempSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFiles } from '../../src/leaderboard/write-files.js';
import { findRuns } from '../../src/view/catalog.js';
import { makeSource } from '../../src/view/engine.js';
import { exportData } from '../../src/view/export.js';
import { type FileProvider, makeFileProvider } from '../../src/view/files.js';
import { viewPage } from '../../src/view/page.js';
import { serveView, type ViewServer } from '../../src/view/serve.js';
import { CHROMIUM, openBrowser } from '../leaderboard/chromium.js';
import { EVIL, type MadeDocument, writeRun } from './runs.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const WIDTHS = [390, 768, 1440, 2560];

/** Three hundred documents, more than a screen holds; the first ones are told apart. */
function documents(flip: boolean): MadeDocument[] {
  return Array.from({ length: 300 }, (_, i) => {
    const right = i % 3 !== 0;
    const swap = flip && i % 50 < 2;
    return {
      question: i === 4 ? EVIL : `${i}. galdera: zer da hau, benetan luzea den galdera bat?`,
      scores: i === 7 ? null : right !== swap ? [-0.5 - (i % 5) / 4, -3] : [-4, -1],
      gold: 0,
      subject: ['Geografia', 'Zientzia', EVIL][i % 3] ?? '',
      ...(i === 9 ? { cut: 3 } : {}),
    };
  });
}

describe.skipIf(CHROMIUM === null)('the view in Chromium', () => {
  let browser: BrowserContext;
  let page: Page;
  let server: ViewServer;
  let provider: FileProvider;
  let folder: string;
  const said: string[] = [];
  const asked: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'view-browser-'));
    await writeRun(path.join(folder, 'runs', 'a'), 'base', documents(false), 'gz');
    await writeRun(path.join(folder, 'runs', 'b'), EVIL, documents(true), 'plain');
    provider = makeFileProvider(await findRuns([path.join(folder, 'runs')], null));
    await provider.indexAll(new AbortController().signal);
    server = await serveView(makeSource(provider), 0);
    browser = await openBrowser();
    page = await browser.newPage();
    page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => said.push(String(error)));
    page.on('request', (request) => asked.push(request.url()));
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await provider?.close();
  });

  const show = async (hash: string): Promise<void> => {
    await page.goto('about:blank');
    await page.goto(`${server.url}${hash}`);
    await page.locator('.line .title').first().waitFor({ state: 'attached' });
  };
  const settled = (text: string | RegExp) => page.locator('#status', { hasText: text }).waitFor({ state: 'attached' });

  it('is worked with the keyboard alone', async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await show('#run=base&lang=en');
    await settled('300 documents');
    await page.keyboard.press('j');
    await page.getByRole('heading', { name: 'eus_trivia · Document 0' }).waitFor();
    for (let i = 0; i < 3; i++) await page.keyboard.press('j');
    await page.keyboard.press('k');
    await page.getByRole('heading', { name: 'eus_trivia · Document 2' }).waitFor();
    expect(page.url()).toMatch(/doc=eus_trivia%2F2/);
    expect(await page.locator('[role="option"][aria-selected="true"]').textContent()).toContain('2. galdera');
    // The list follows to its end.
    await page.keyboard.press('G');
    await page.getByRole('heading', { name: 'Document 299' }).waitFor();
    expect(await page.locator('[role="option"][aria-selected="true"]').getAttribute('aria-posinset')).toBe('300');
    await page.keyboard.press('f');
    await settled(/^199 documents/);
    await page.keyboard.press('f');
    await settled(/^100 documents/);
    expect(await page.locator('.chip[aria-pressed="true"]').textContent()).toMatch(/^Wrong/);
    await page.keyboard.press('Shift+F');
    await page.keyboard.press('Shift+F');
    await page.keyboard.press('/');
    await page.keyboard.type('111. Galdera');
    await settled(/^1 document/);
    await page.keyboard.press('Enter');
    await page.keyboard.press('j');
    await page.getByRole('heading', { name: 'Document 111' }).waitFor();
    // Unfolded by key, and the next document is unfolded, too.
    expect(await page.getByText('Adibidea: bat da hau?').count()).toBe(0);
    await page.keyboard.press('x');
    await page.getByText('Adibidea: bat da hau?').waitFor();
    await page.keyboard.press('Enter');
    expect(await page.locator('#detail:focus').count()).toBe(1);
    await page.keyboard.press('Escape');
    expect(await page.locator('#list:focus').count()).toBe(1);
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Escape');
    expect(await page.getByRole('dialog').count()).toBe(0);
  });

  it('has a link to every document that survives a reload', async () => {
    await show('#run=base&lang=en&show=wrong&doc=eus_trivia/198');
    await page.getByRole('heading', { name: 'Document 198' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Document 198' }).waitFor();
    await page.locator('[role="option"][aria-selected="true"]', { hasText: '198. galdera' }).waitFor();
    expect(await page.locator('.chip[aria-pressed="true"]').textContent()).toMatch(/^Wrong/);
  });

  it('shows the choices as bars, with what was picked and what is right', async () => {
    await show('#run=base&lang=en&doc=eus_trivia/3');
    const choices = page.locator('.choice');
    await choices.first().waitFor();
    expect(await choices.allTextContents()).toEqual(['A✓ right answer−4.000', 'B● picked by the model−1.000']);
    const widths = await page.$$eval('.bar', (bars) => bars.map((bar) => bar.getBoundingClientRect().width));
    const tracks = await page.$$eval('.track', (bars) => bars.map((bar) => bar.getBoundingClientRect().width));
    expect(widths[1]).toBeGreaterThan(widths[0] ?? 0);
    expect(new Set(tracks).size).toBe(1);
    await page.locator('.detail', { hasText: 'margin: 3.000 nats' }).waitFor();
  });

  it('shows two runs side by side, with what was gained and lost by benchmark and subject', async () => {
    await show(`#run=base&with=${encodeURIComponent(EVIL)}&lang=en`);
    await page.locator('.scope[data-scope="benchmark:eus_trivia"] .figures', { hasText: '4 gained, 8 lost' }).waitFor();
    await page.keyboard.press('f');
    await page.keyboard.press('f');
    await page.keyboard.press('f');
    await settled(/^12 documents/);
    expect(await page.locator('#subject').textContent()).toContain(`${EVIL} (+0 −4)`);
    await page.keyboard.press('j');
    await page.locator('.side').nth(1).waitFor();
    expect(await page.locator('.side h3').allTextContents()).toEqual(['base', EVIL]);
    await page.locator('#subject').selectOption(EVIL);
    await settled(/^4 documents/);
  });

  it('speaks three languages, says which, and keeps the choice in the address', async () => {
    await show('#run=base');
    for (const [name, code, word] of [
      ['Euskara', 'eu', 'Okerrak'],
      ['Español', 'es', 'Fallos'],
      ['English', 'en', 'Wrong'],
    ] as const) {
      await page.getByRole('button', { name, exact: true }).click();
      expect(await page.locator('html').getAttribute('lang')).toBe(code);
      await page.getByRole('button', { name: new RegExp(`^${word}`) }).waitFor();
      expect(page.url()).toContain(`lang=${code}`);
    }
  });

  it('fits every width, light and dark, without a serious finding of axe', async () => {
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      for (const [theme, hash] of [
        ['light', ''],
        ['dark', '&doc=eus_trivia/4'],
      ] as const) {
        await page.emulateMedia({ colorScheme: theme });
        await show(`#run=base&with=${encodeURIComponent(EVIL)}&lang=eu${hash}`);
        if (hash !== '') await page.locator('.choice').first().waitFor();
        await page.locator('.chip .figures').first().waitFor({ state: 'attached' });
        expect(await page.evaluate('document.documentElement.scrollWidth'), `${width} ${theme}`).toBeLessThanOrEqual(width);
        // Not by a script element: the page's policy would refuse it.
        await page.evaluate(AXE);
        const found: string[] = await page.evaluate(
          'axe.run().then((r) => r.violations.filter((v) => v.impact === "serious" || v.impact === "critical").map((v) => v.id + ": " + v.nodes.map((n) => n.html.slice(0, 200)).slice(0, 3).join(" | ")))',
        );
        expect(found, `${width} ${theme}`).toEqual([]);
      }
    }
    await page.emulateMedia({ colorScheme: 'light' });
  });

  it('is one pane on a telephone: the list, the document, and back', async () => {
    await page.setViewportSize({ width: 390, height: 800 });
    await show('#run=base&lang=en');
    expect(await page.locator('.detail').isVisible()).toBe(false);
    await page.locator('.line').nth(2).click();
    await page.getByRole('heading', { name: 'Document 2' }).waitFor();
    expect(await page.locator('#list').isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Back to the list' }).click();
    expect(await page.locator('#list').isVisible()).toBe(true);
    await page.locator('.line').nth(1).click();
    await page.goBack();
    expect(await page.locator('#list').isVisible()).toBe(true);
    await page.locator('#scope').selectOption('benchmark:eus_trivia');
    await settled('300 documents');
  });

  it('keeps only the lines of the screen, wherever the list is scrolled to', async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await show('#run=base&lang=en');
    await page.locator('.scroll').evaluate((element) => {
      element.scrollTop = element.scrollHeight;
    });
    await page.getByText('299. galdera').waitFor();
    expect(await page.locator('.line').count()).toBeLessThan(50);
  });

  it('works as one exported file, which asks for nothing', async () => {
    const { html } = await viewPage(await exportData(provider));
    const [file = ''] = await writeFiles(folder, new Map([['out.html', html]]));
    const before = asked.length;
    await page.goto(`${pathToFileURL(file).href}#run=base&with=${encodeURIComponent(EVIL)}&lang=es&show=lost`);
    await settled(/^8 documentos/);
    await page.keyboard.press('j');
    await page.locator('.side').nth(1).waitFor();
    expect(asked.slice(before).filter((url) => !url.startsWith('file:') && !url.startsWith('data:'))).toEqual([]);
    expect(await page.evaluate('window.hit')).toBeUndefined();
  });

  it('says so when the server is gone', async () => {
    await show('#run=base&lang=en');
    await server.close();
    await page.keyboard.press('f');
    await settled('eus-eval view is not running any more; start it again.');
    said.splice(0, said.length, ...said.filter((line) => !line.includes('ERR_CONNECTION_REFUSED')));
  });

  it('kept every name and text a text, and logged nothing', async () => {
    expect(await page.evaluate('window.hit')).toBeUndefined();
    expect(await page.locator('img').count()).toBe(0);
    expect(said).toEqual([]);
  });
});
