import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBattles } from '../../src/arena/battles.js';
import { fitArena } from '../../src/arena/fit.js';
import type { Board } from '../../src/leaderboard/board.js';
import { correlations } from '../../src/leaderboard/correlate.js';
import { publish } from '../../src/leaderboard/publish.js';
import { packagePath } from '../../src/package-files.js';
import { CHROMIUM, openBrowser } from './chromium.js';
import { board, freshFolder, scores } from './results.js';

const EVIL = '<img src=x onerror=window.hit=1>';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const WIDTHS = [390, 768, 1440, 2560];
const ARENA = [
  {
    question: 'global' as const,
    scores: ['org/base', EVIL, 'HiTZ/Latxa-8B', 'nobody'].map((model, i) => ({
      model,
      score: 900 + 80 * i,
      low: 880 + 80 * i,
      high: 930 + 80 * i,
    })),
  },
];
const EXAMPLE = { prompt: `Galdera: ${EVIL}?`, choices: [EVIL, 'bai'], target: 1 };

describe.skipIf(CHROMIUM === null)('the page in Chromium', () => {
  let browser: BrowserContext;
  let page: Page;
  let made: Board;
  let address: string;
  const said: string[] = [];
  const asked: string[] = [];

  beforeAll(async () => {
    made = await board(
      [
        { model: EVIL, folder: 'evil', scores: scores(0.51) },
        { model: 'org/base', scores: scores(0.4) },
        {
          model: 'HiTZ/Latxa-8B',
          folder: 'HiTZ__Latxa-8B',
          scores: scores(0.8, { piqa: 0.2 }),
          template: '{{ x }}',
          more: { config: { model_num_parameters: 8e9 } },
        },
        { model: 'org/twin', scores: scores(0.405) },
        { model: 'org/part', scores: { eus_trivia: 0.99 } },
      ],
      {
        base: 'org/base',
        names: [
          { folder: 'HiTZ__Latxa-8B', tableName: 'Best of all', arenaName: 'HiTZ/Latxa-8B', released: '2024-03-29', family: 'Latxa' },
        ],
      },
    );
    const dated = {
      ...made,
      notes: [{ key: 'broken' as const, values: { n: 1, names: EVIL } }, ...made.notes],
      models: made.models.map((m) => (m.model === 'org/base' ? { ...m, facts: { ...m.facts, released: '2023-07' } } : m)),
    };
    const fit = fitArena(await readBattles(packagePath('fixtures/arena/battles.csv'), 'global'), {
      rounds: 10,
      seed: 1,
      level: 0.9,
      largestGroup: false,
    });
    const renamed = new Map(fit.models.slice(0, 3).map((m, i) => [m.model, ARENA[0]?.scores[2 - i]?.model ?? '']));
    const name = (old: string) => renamed.get(old) ?? old;
    const shown = {
      ...fit,
      models: fit.models.map((m) => ({ ...m, model: name(m.model) })),
      win_shares: { ...fit.win_shares, models: fit.win_shares.models.map(name) },
    };
    const facts = {
      eus_trivia: {
        dataset: 'HiTZ/EusTrivia',
        chance: 26.55,
        licence: null,
        paper: { title: EVIL, url: 'https://arxiv.org/abs/1' },
        shots: 5,
        tasks: 1,
        example: EXAMPLE,
      },
    };
    const out = freshFolder();
    await publish(dated, { out, title: null, language: 'en', fits: [shown], arenas: ARENA, pictures: true, facts });
    browser = await openBrowser();
    page = await browser.newPage();
    page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => said.push(String(error)));
    page.on('request', (request) => asked.push(request.url()));
    address = pathToFileURL(path.join(out, 'leaderboard.html')).href;
    await go('');
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
  });

  /** Opens the page anew at a state. */
  const go = async (hash: string) => {
    await page.goto('about:blank');
    await page.goto(`${address}#${hash}`);
  };
  const names = () => page.$$eval('table.board tbody tr', (rows) => rows.map((row) => row.getAttribute('data-model')));
  const ranks = () => page.$$eval('table.board tbody td.rank', (cells) => cells.map((cell) => cell.textContent));
  const open = (tab: string) => page.getByRole('tab', { name: tab, exact: true }).click();
  const head = (name: string) => page.locator('thead th').filter({ has: page.getByRole('button', { name, exact: true }) });

  it('says on every view which files could not be read', async () => {
    for (const tab of ['', 'tab=eu', 'tab=notes']) {
      await go(tab);
      expect(await page.locator('.alert').textContent()).toBe(`1 result file could not be read and is not on this leaderboard: ${EVIL}`);
    }
  });

  it('shows one view at a time, by mouse, keyboard and address', async () => {
    await open('English');
    expect(await page.locator('[role="tab"][aria-selected="true"]').textContent()).toBe('English');
    expect(page.url()).toContain('tab=en');
    await page.keyboard.press('ArrowLeft');
    expect(await page.locator('[role="tab"]:focus').textContent()).toBe('Basque');
    await page.keyboard.press('End');
    expect(await page.locator('.notes').isVisible()).toBe(true);
    await page.goBack();
    await expect.poll(() => page.locator('[role="tab"][aria-selected="true"]').textContent()).toBe('Basque');
    await page.reload();
    expect(await page.locator('[role="tab"][aria-selected="true"]').textContent()).toBe('Basque');
  });

  it('sorts by a column and back, incomplete and missing always last, and ranks by what cannot be told apart', async () => {
    await go('tab=eu');
    expect(await names()).toEqual(['Best of all', EVIL, 'org/twin', 'org/base', 'org/part']);
    // The twins differ by half a point with a standard error of more than one.
    expect(await ranks()).toEqual(['1', '2', '33–4', '33–4', '–']);
    await page.getByRole('button', { name: 'Basque average', exact: true }).click();
    expect(await names()).toEqual(['org/base', 'org/twin', EVIL, 'Best of all', 'org/part']);
    expect(await head('Basque average').getAttribute('aria-sort')).toBe('ascending');
    expect(page.url()).toContain('sort=average_eu');
    await page.getByRole('button', { name: 'EusTrivia (Basque)' }).press('Enter');
    expect((await names())[0]).toBe('org/part');
    expect(await page.locator('[role="status"]').textContent()).toBe('EusTrivia (Basque), sorted descending');
    await page.reload();
    expect((await names())[0]).toBe('org/part');
  });

  it('finds models by words of shown name, hub name, family, maker and prompt, whatever the hyphens', async () => {
    await go('');
    const found = async (text: string) => {
      await page.getByRole('searchbox').fill(text);
      await expect.poll(() => page.url().includes(`q=${encodeURIComponent(text).replaceAll('%20', '+')}`)).toBe(true);
      return names();
    };
    expect(await found('latxa 8b')).toEqual(['Best of all']);
    expect(await found('hitz chat')).toEqual(['Best of all']);
    expect(await found('ORG b')).toEqual(['org/base']);
    expect(await page.locator('.count').textContent()).toBe('1 of 5 models');
    expect(await found('zzz')).toEqual([]);
    expect(await page.getByText('There is no such model').isVisible()).toBe(true);
    expect(await found('<')).toEqual([EVIL]);
    await page.getByRole('searchbox').fill('');
    await expect.poll(names).toContain('org/part');
    await page.getByLabel('complete only').check();
    await expect.poll(names).not.toContain('org/part');
    await page.locator('#prompt').selectOption('chat');
    await expect.poll(names).toEqual(['Best of all']);
  });

  it('lets the reader choose and order the columns, by keyboard too, and keeps them in the address', async () => {
    await go('tab=eu');
    await page.getByRole('button', { name: 'Columns' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('checkbox', { name: 'PIQA (Basque)' }).focus();
    await page.keyboard.press('Space');
    await dialog.getByRole('checkbox', { name: 'Size' }).check();
    await page.getByRole('button', { name: 'Move earlier: EusTrivia (Basque)' }).press('Enter');
    await page.keyboard.press('Escape');
    const heads = () => page.$$eval('thead tr.heads th button.sort', (buttons) => buttons.map((b) => b.getAttribute('aria-label')));
    const chosen = ['Model', 'EusTrivia (Basque)', 'Basque average', 'MGSM (Basque)', 'BasqBBQ (Basque)', 'Size'];
    expect(await heads()).toEqual(chosen);
    await page.reload();
    expect(await heads()).toEqual(chosen);
    expect(await page.locator('tr[data-model="Best of all"] .size').textContent()).toBe('8.0 B');
  });

  it('speaks Basque, Spanish and English, with their numbers', async () => {
    await go('tab=eu');
    const value = () => page.locator('tr[data-model="Best of all"] td.average .num').textContent();
    expect([await page.locator('html').getAttribute('lang'), await value()]).toEqual(['en', '80.0']);
    await page.getByRole('button', { name: 'Euskara' }).click();
    expect([await page.locator('html').getAttribute('lang'), await value()]).toEqual(['eu', '80,0']);
    expect(await page.locator('h1').textContent()).toBe('Hizkuntza-ereduen sailkapena');
    expect(page.url()).toContain('lang=eu');
    await page.reload();
    await page.getByRole('button', { name: 'Español' }).press('Enter');
    expect(await page.getByRole('tab', { name: 'Gráficos' }).isVisible()).toBe(true);
    expect(await page.title()).toBe('Clasificación de modelos de lenguaje');
  });

  it('opens a model: facts, links, profile, what it gains and loses; Escape leads back', async () => {
    await go('');
    await page.getByRole('button', { name: 'Best of all' }).press('Enter');
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByRole('heading', { name: 'Best of all', exact: true }).isVisible()).toBe(true);
    expect(await dialog.getByRole('link', { name: 'Page of the model' }).getAttribute('href')).toBe('https://huggingface.co/HiTZ/Latxa-8B');
    expect(await dialog.locator('dl').textContent()).toContain('8.0 B');
    expect(await dialog.locator('svg').count()).toBe(4);
    expect(await dialog.locator('svg').last().getAttribute('aria-label')).toContain('PIQA (EN) −20.0');
    expect(await dialog.getByRole('heading', { name: 'Best of all compared with org/base' }).count()).toBe(1);
    await dialog.getByLabel('Compare with').selectOption('org/twin');
    await expect.poll(() => dialog.locator('svg').last().getAttribute('aria-label')).toContain('PIQA (EN) −20.5');
    expect(await dialog.getByRole('heading', { name: 'Best of all compared with org/twin' }).count()).toBe(1);
    await page.reload();
    await expect.poll(() => page.getByRole('dialog').isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
    // Going back in the history takes its time.
    await expect.poll(() => page.url()).not.toContain('model=');
  });

  it('opens a benchmark: what it is, data, licence, reference, chance level, a document as text', async () => {
    await go('tab=eu');
    await page.getByRole('button', { name: 'About EusTrivia' }).click();
    const dialog = page.getByRole('dialog');
    const text = (await dialog.textContent()) ?? '';
    for (const part of ['Trivia questions', '26.6', "see the data set's page", `Galdera: ${EVIL}?`, 'right answer', '1000'])
      expect(text).toContain(part);
    expect(await dialog.getByRole('link', { name: 'HiTZ/EusTrivia' }).getAttribute('href')).toBe(
      'https://huggingface.co/datasets/HiTZ/EusTrivia',
    );
    expect(await dialog.locator('svg .zero').count()).toBe(1);
    await dialog.getByRole('button', { name: 'Close' }).click();
    expect(await page.locator(':focus').textContent()).toContain('About EusTrivia');
  });

  it('shows the arena under the names of the board, with the correlation of arena correlate', async () => {
    await go('tab=arena');
    expect(await page.locator('table.arena tbody th button').allTextContents()).toEqual(
      expect.arrayContaining(['Best of all', 'org/base', EVIL]),
    );
    const { rows } = correlations(made, ARENA, { withBias: true, allSizes: false, perBenchmark: false });
    const basque = rows.find((r) => r.language === 'eu');
    // Too few models for a correlation is said in words as well.
    expect(await page.locator('.rho').first().textContent()).toContain(basque?.rho == null ? 'too few models' : `rho ${basque.rho}`);
  });

  it('gives the data as files', async () => {
    await go('');
    for (const name of ['CSV', 'JSON']) {
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name, exact: true }).click()]);
      expect(readFileSync(await download.path(), 'utf8')).toContain('org/twin');
    }
  });

  it('has a dark side, from the system and by button', async () => {
    await go('');
    const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await background();
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await background();
    expect(dark).not.toBe(light);
    await page.getByRole('button', { name: 'Light mode' }).click();
    expect(await background()).toBe(light);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.evaluate('localStorage.clear()');
  });

  it.each(WIDTHS)(
    'at %i pixels nothing scrolls sideways but tables, texts of charts are legible and apart, and axe finds nothing serious, light and dark',
    async (width) => {
      await page.setViewportSize({ width, height: 900 });
      const states = ['', 'tab=eu', 'tab=pictures', 'tab=arena', 'tab=notes&lang=eu', 'model=Best+of+all', 'tab=eu&bench=eus_trivia'];
      for (const state of states) {
        await go(state);
        await page.waitForTimeout(60);
        expect(await page.evaluate('document.documentElement.scrollWidth'), `${state} at ${width}`).toBeLessThanOrEqual(width);
        const small = await page.$$eval(
          'svg.chart text',
          (texts) =>
            texts.filter(
              (text) =>
                text.getBoundingClientRect().height < 9 && text.getBoundingClientRect().width < 9 && (text.textContent ?? '').length > 1,
            ).length,
        );
        expect(small, `${state} at ${width}`).toBe(0);
        // Not by a script element: the page's policy would refuse it.
        await page.evaluate(AXE);
        // What the side changes is contrast alone.
        for (const [theme, rules] of [
          ['light', '{}'],
          ['dark', '{ runOnly: ["color-contrast"] }'],
        ]) {
          await page.evaluate((t) => globalThis.document.documentElement.setAttribute('data-theme', t ?? ''), theme);
          const found: string[] = await page.evaluate(
            `axe.run(${rules}).then((r) => r.violations.filter((v) => v.impact === "serious" || v.impact === "critical").map((v) => v.id + ": " + v.nodes.map((n) => n.html.slice(0, 160)).slice(0, 3).join(" | ")))`,
          );
          expect(found, `${state} at ${width}, ${theme}`).toEqual([]);
        }
      }
      const collisions = await overlaps();
      expect(collisions).toEqual([]);
    },
    90_000,
  );

  /** Pairs of names in the charts that cover one another. */
  async function overlaps(): Promise<string[]> {
    await go('tab=pictures');
    await page.waitForTimeout(60);
    return page.$$eval('svg.chart', (charts) =>
      charts.flatMap((chart) => {
        const boxes = [...chart.querySelectorAll('.names text')].map((text) => ({
          text: text.textContent ?? '',
          box: text.getBoundingClientRect(),
        }));
        return boxes.flatMap((a, i) =>
          boxes
            .slice(i + 1)
            .filter(
              ({ box }) =>
                a.box.left < box.right - 1 && box.left < a.box.right - 1 && a.box.top < box.bottom - 4 && box.top < a.box.bottom - 4,
            )
            .map((b) => `${a.text} / ${b.text}`),
        );
      }),
    );
  }

  it('has a layout of its own on a telephone: cards that are sorted by a choice and open the model', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await go('');
    const cards = () => page.locator('.card .model').allTextContents();
    expect(await cards()).toEqual(['Best of all', EVIL, 'org/twin', 'org/base', 'org/part']);
    await page.getByLabel('Sort by').selectOption('piqa');
    expect((await cards()).slice(0, 2)).toEqual([EVIL, 'org/twin']);
    await page.getByText('Options').click();
    await page.locator('#prompt').selectOption('chat');
    expect(await cards()).toEqual(['Best of all']);
    await page.locator('.card').click();
    expect(await page.getByRole('dialog').isVisible()).toBe(true);
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  it('keeps head and names in place, and says how many columns lie out of sight', async () => {
    await page.setViewportSize({ width: 760, height: 420 });
    await go(
      'tab=eu&cols=average_eu,eus_trivia,mgsm_native_cot_eu,piqa_eu,basqbbq,arc_easy,piqa,belebele_spa_Latn,size,documents,evaluated',
    );
    expect(await page.locator('.more').textContent()).toMatch(/^\d more columns →$/);
    const place = () => page.$eval('table.board tbody th.name', (cell) => Math.round(cell.getBoundingClientRect().left));
    const before = await place();
    await page.$eval('.frame', (frame) => frame.scrollTo(4000, 4000));
    await expect.poll(() => page.locator('.more').isHidden()).toBe(true);
    expect(await place()).toBe(before);
    const top = await page.$eval('thead th.name', (cell) => Math.round(cell.getBoundingClientRect().top));
    expect(top).toBeGreaterThan(0);
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  it('kept every name a text, ran no foreign script, asked for nothing and logged nothing', async () => {
    expect(await page.evaluate('window.hit')).toBeUndefined();
    expect(await page.locator('img').count()).toBe(0);
    expect(asked.filter((url) => !/^(file|data|about|blob):/.test(url))).toEqual([]);
    expect(said).toEqual([]);
  });
});
