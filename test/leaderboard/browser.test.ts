import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBattles } from '../../src/arena/battles.js';
import { fitArena } from '../../src/arena/fit.js';
import { publish } from '../../src/leaderboard/publish.js';
import { packagePath } from '../../src/package-files.js';
import { CHROMIUM, openBrowser } from './chromium.js';
import { board, freshFolder, scores } from './results.js';

const EVIL = '<img src=x onerror=window.hit=1>';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe.skipIf(CHROMIUM === null)('the page in Chromium', () => {
  let browser: BrowserContext;
  let page: Page;
  const said: string[] = [];
  const asked: string[] = [];
  beforeAll(async () => {
    const b = await board(
      [
        { model: EVIL, folder: 'evil', scores: scores(0.51) },
        { model: 'org/base', scores: scores(0.4) },
        { model: 'org/best', scores: scores(0.8, { piqa: 0.2 }), template: '{{ x }}' },
        { model: 'org/part', scores: { eus_trivia: 0.99 } },
      ],
      { base: 'org/base' },
    );
    const fit = fitArena(await readBattles(packagePath('fixtures/arena/battles.csv'), 'global'), {
      rounds: 10,
      seed: 1,
      level: 0.9,
      largestGroup: false,
    });
    const out = freshFolder();
    const arenas = [
      {
        question: 'global' as const,
        scores: ['org/base', EVIL, 'org/best'].map((model, i) => ({ model, score: 900 + 80 * i, low: 880 + 80 * i, high: 930 + 80 * i })),
      },
    ];
    await publish(b, { out, title: 'Made-up leaderboard', fits: [fit], arenas, pictures: true });
    browser = await openBrowser();
    page = await browser.newPage();
    page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => said.push(String(error)));
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(pathToFileURL(path.join(out, 'leaderboard.html')).href);
  });
  afterAll(async () => {
    await browser?.close();
  });

  const names = (panel: string) =>
    page.$$eval(`#${panel} tbody tr:not([hidden]) th[data-value]`, (cells) => cells.map((c) => c.getAttribute('data-value')));
  const open = (panel: string) => page.getByRole('tab', { name: panel, exact: true }).click();

  it('shows one tab at a time, by mouse, keyboard and address', async () => {
    expect(await page.getByRole('tabpanel').count()).toBe(1);
    await open('English');
    expect(await page.locator('#en').isVisible()).toBe(true);
    expect(await page.locator('#eu').isVisible()).toBe(false);
    expect(page.url()).toMatch(/#en$/);
    await page.keyboard.press('ArrowLeft');
    expect(await page.locator('#eu').isVisible()).toBe(true);
    expect(await page.locator('[role="tab"]:focus').textContent()).toBe('Basque');
    await page.keyboard.press('End');
    expect(await page.locator('#notes').isVisible()).toBe(true);
    await page.reload();
    expect(await page.locator('#en').isVisible()).toBe(true);
  });

  it('sorts by a column and back, incomplete and missing always last', async () => {
    await open('Basque');
    expect(await names('eu')).toEqual(['org/best', EVIL, 'org/base', 'org/part']);
    const average = page.locator('#eu th[data-label="Average"]');
    await average.getByRole('button').click();
    expect(await names('eu')).toEqual(['org/base', EVIL, 'org/best', 'org/part']);
    expect(await average.getAttribute('aria-sort')).toBe('ascending');
    await page.locator('#eu th[data-label="EusTrivia"] button').click();
    expect((await names('eu'))[0]).toBe('org/part');
    await page.locator('#eu th[data-label="PIQA"] button').press('Enter');
    expect(await names('eu')).toEqual(['org/best', EVIL, 'org/base', 'org/part']);
    await page.locator('#eu th[data-label="Model"] button').click();
    expect(await names('eu')).toEqual([EVIL, 'org/base', 'org/best', 'org/part']);
    expect(await page.locator('#live').textContent()).toBe('Model, sorted ascending');
  });

  it('filters by words, prompt family and completeness, and says how many are left', async () => {
    await open('Basque');
    await page.getByRole('searchbox', { name: 'Filter models' }).fill('ORG b');
    expect(await names('eu')).toEqual(['org/base', 'org/best']);
    expect(await page.locator('.shown').textContent()).toBe('2 models');
    await page.getByLabel('Prompts').selectOption('chat');
    expect(await names('eu')).toEqual(['org/best']);
    await page.getByLabel('Prompts').selectOption('');
    await page.getByRole('searchbox').fill('');
    await page.getByLabel('complete rows only').check();
    expect(await names('eu')).not.toContain('org/part');
    await page.getByLabel('complete rows only').uncheck();
    expect(await names('eu')).toHaveLength(4);
  });

  it('hides standard errors on request', async () => {
    expect(await page.locator('#eu .se').first().isVisible()).toBe(true);
    await page.getByLabel('standard errors').uncheck();
    expect(await page.locator('#eu .se').first().isVisible()).toBe(false);
    await page.getByLabel('standard errors').check();
  });

  it('has a dark side, from the system and by button', async () => {
    const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await background();
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await background();
    expect(dark).not.toBe(light);
    await page.getByRole('button', { name: 'Light page' }).click();
    expect(await background()).toBe(light);
    await page.getByRole('button', { name: 'Dark page' }).click();
    expect(await background()).toBe(dark);
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await background()).toBe(dark);
    await page.getByRole('button', { name: 'Light page' }).click();
  });

  it('prints every language, without the controls', async () => {
    await page.emulateMedia({ media: 'print' });
    for (const panel of ['overview', 'eu', 'en', 'es', 'arena', 'notes']) expect(await page.locator(`#${panel}`).isVisible()).toBe(true);
    expect(await page.locator('#filter').isVisible()).toBe(false);
    await page.emulateMedia({ media: 'screen' });
  });

  it.each(['light', 'dark'])('axe finds nothing serious on any tab (%s)', async (theme) => {
    await page.evaluate((t) => globalThis.document.documentElement.setAttribute('data-theme', t), theme);
    // Not by a script element: the page's policy would refuse it.
    await page.evaluate(AXE);
    for (const tab of ['Overview', 'Basque', 'English', 'Spanish', 'Arena', 'Notes']) {
      await open(tab);
      const found: string[] = await page.evaluate(
        'axe.run().then((r) => r.violations.filter((v) => v.impact === "serious" || v.impact === "critical").map((v) => v.id + ": " + v.nodes.map((n) => n.html.slice(0, 160)).slice(0, 3).join(" | ")))',
      );
      expect(found, tab).toEqual([]);
    }
  });

  it('does not scroll sideways as a whole, on a wide screen or a telephone', async () => {
    for (const width of [1400, 390]) {
      await page.setViewportSize({ width, height: 800 });
      for (const tab of ['Overview', 'Basque', 'Arena']) {
        await open(tab);
        expect(await page.evaluate('document.documentElement.scrollWidth'), `${tab} at ${width}`).toBeLessThanOrEqual(width);
      }
    }
  });

  it('kept every name a text, ran no foreign script, asked for nothing and logged nothing', async () => {
    expect(await page.evaluate('window.hit')).toBeUndefined();
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.getByText(EVIL).count()).toBeGreaterThan(0);
    expect(asked.filter((url) => !url.startsWith('file:') && !url.startsWith('data:'))).toEqual([]);
    expect(said).toEqual([]);
  });
});
