import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBattles } from '../../src/arena/battles.js';
import { openArena } from '../../src/arena-server/arena.js';
import type { AnswerStream } from '../../src/arena-server/endpoint.js';
import { openDatabase } from '../../src/arena-server/open-database.js';
import { wordsOf } from '../../src/arena-server/page/words.js';
import { type ArenaServer, serveArena } from '../../src/arena-server/serve.js';
import { CHROMIUM, openBrowser } from '../leaderboard/chromium.js';
import { config, freshFolder, PASSWORD } from './arena-client.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const EVIL = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>';
const ANSWER = `# Izenburua\n\n${EVIL} **lodia** eta *etzana*, \`kodea\` [lotura](javascript:hit())\n\n- bat\n- bi\n\n1. lehena\n\n\`\`\`\n<b>kodea</b>\n\`\`\`\n\nhttps://evil.example/irudia.png`;
const streaming: AnswerStream = async function* () {
  for (const piece of ANSWER.match(/.{1,7}/gs) ?? []) yield piece;
};

describe.skipIf(CHROMIUM === null)('the arena in Chromium', () => {
  let server: ArenaServer;
  let browser: BrowserContext;
  let page: Page;
  const said: string[] = [];
  const asked: string[] = [];
  const eu = wordsOf('eu');

  beforeAll(async () => {
    const db = await openDatabase(path.join(freshFolder(), 'arena.db'));
    const arena = await openArena({
      config: config({ ranking: 'public', name: { eu: EVIL, es: EVIL, en: EVIL } }),
      db,
      moderatorPassword: PASSWORD,
      secret: null,
      https: false,
      log: () => undefined,
      stream: streaming,
    });
    server = await serveArena(async () => arena, '127.0.0.1', 0);
    browser = await openBrowser();
    page = await browser.newPage();
    page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => said.push(String(error)));
    page.on('request', (request) => asked.push(request.url()));
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** Problems that axe finds on the page as it stands. */
  async function problems(): Promise<string[]> {
    // The page's own policy forbids what a test puts in; DevTools may.
    const session = await browser.newCDPSession(page);
    await session.send('Runtime.evaluate', { expression: AXE });
    const { result } = await session.send('Runtime.evaluate', {
      expression: 'axe.run().then((r) => JSON.stringify(r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html).join(" | "))))',
      awaitPromise: true,
      returnByValue: true,
    });
    return JSON.parse(String(result.value));
  }
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  async function prompt(text: string): Promise<void> {
    await page.getByLabel(eu.prompt ?? '').fill(text);
    await page.keyboard.press('Control+Enter');
    await page.getByRole('heading', { name: eu.vote ?? '' }).waitFor();
  }

  it('registers, in each language, without a problem of accessibility', async () => {
    for (const lang of ['es', 'en', 'eu'] as const) {
      await page.goto(`${server.address}/?lang=${lang}`);
      await page.getByRole('heading', { name: wordsOf(lang).welcome ?? '', exact: true }).waitFor();
      expect(await page.getAttribute('html', 'lang')).toBe(lang);
      expect(await problems(), lang).toEqual([]);
    }
    await page.getByLabel(eu.level ?? '').selectOption('C1-C2');
    await page.getByLabel(eu.education ?? '').selectOption('master');
    await page.getByLabel(eu.consent ?? '').check();
    await button(eu.registerButton ?? '').click();
    expect(await page.locator('#passphrase').textContent()).toMatch(/^\w{4}(-\w{4}){6}$/);
    expect(await problems()).toEqual([]);
    await button(eu.passphraseKept ?? '').click();
    await page.getByLabel(eu.prompt ?? '').waitFor();
  });

  it('shows both answers as text with their form, never as markup', async () => {
    await prompt(`Kaixo ${EVIL}`);
    const answers = page.locator('article.answer');
    expect(await answers.count()).toBe(2);
    for (const at of [0, 1]) {
      const answer = answers.nth(at);
      expect(await answer.locator('h3').textContent()).toBe('Izenburua');
      expect(await answer.locator('strong').textContent()).toBe('lodia');
      expect(await answer.locator('li').allTextContents()).toEqual(['bat', 'bi', 'lehena']);
      expect(await answer.locator('pre').textContent()).toBe('<b>kodea</b>');
      expect(await answer.locator('p').first().textContent()).toContain(EVIL);
    }
    expect(await page.locator('main img, main script, main a').count()).toBe(0);
    expect(await page.evaluate('window.hit')).toBeUndefined();
    expect(await problems()).toEqual([]);
  });

  it('asks for the whole where content and language contradict each other, by keys too, and shows the names at the end', async () => {
    const whole = page.getByRole('group', { name: eu.askWhole ?? '' });
    const stored = page.getByText(eu.voteStored ?? '');
    expect(await whole.isVisible()).toBe(false);
    await page.locator('main').focus();
    await page.keyboard.press('1');
    await page.keyboard.press('6');
    await whole.waitFor();
    expect(await button(eu.next ?? '').isDisabled()).toBe(true);
    expect(await problems()).toEqual([]);
    await page.keyboard.press('0');
    await stored.waitFor();
    // Changed: the contradiction is gone, and comes again.
    await page.keyboard.press('5');
    await whole.waitFor({ state: 'hidden' });
    await stored.waitFor();
    await page.keyboard.press('6');
    await whole.getByRole('button', { name: eu['choice.a'] ?? '' }).click();
    await stored.waitFor();
    expect(await page.getByText(/Model-/).count()).toBe(0);
    // A page that is loaded again goes on where it was, with the vote.
    await page.reload();
    await page.getByRole('heading', { name: eu.vote ?? '' }).waitFor();
    expect(await whole.getByRole('button', { name: eu['choice.a'] ?? '' }).getAttribute('aria-pressed')).toBe('true');
    await page.locator('main').focus();
    await page.keyboard.press('n');
    await page.locator('#revealed').waitFor();
    expect(await page.locator('#revealed').textContent()).toMatch(/^A: Model-\w+\. B: Model-\w+\.$/);
  });

  it('has a second turn, a report, and a battle on a phone', async () => {
    await page.setViewportSize({ width: 360, height: 640 });
    await prompt('Lehen txanda');
    expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
    await page.getByLabel(eu.prompt ?? '').fill('Bigarren txanda');
    await button(eu.goOn ?? '').click();
    await page.getByRole('region', { name: '2. txanda' }).waitFor();
    await page.getByRole('heading', { name: eu.vote ?? '' }).waitFor();
    expect(await page.locator('article.answer').count()).toBe(4);
    await page.getByText(eu.report ?? '', { exact: true }).click();
    await page.getByLabel(eu.reportWhat ?? '').fill(EVIL);
    await button(eu.reportSend ?? '').click();
    await page
      .getByText(eu.reported ?? '')
      .first()
      .waitFor();
    await page.locator('main').focus();
    for (const key of ['3', '7']) await page.keyboard.press(key);
    await page.getByText(eu.voteStored ?? '').waitFor();
    expect(await problems()).toEqual([]);
    await page.setViewportSize({ width: 1400, height: 900 });
  });

  it('has a moderator, who sees numbers, reports and rankings, bans and exports for arena fit', async () => {
    await page.goto(`${server.address}/moderator`);
    await page.getByLabel(eu.password ?? '').fill('not the password');
    await button(eu.signIn ?? '').click();
    await page.getByText(eu['error.wrong-password'] ?? '').waitFor();
    await page.getByLabel(eu.password ?? '').fill(PASSWORD);
    await button(eu.signIn ?? '').click();
    await page.getByRole('heading', { name: eu.participation ?? '' }).waitFor();
    expect(await problems()).toEqual([]);
    await page.setViewportSize({ width: 360, height: 640 });
    expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
    // A table that is too wide scrolls; its words are not broken in the middle.
    const lines = `(() => {
      const cells = ['Puntuazioa', 'Kanporatu'].map((text) => Object.assign(document.createElement('th'), { textContent: text }));
      const box = Object.assign(document.createElement('div'), { className: 'scroll' });
      box.style.width = '3rem';
      const row = document.createElement('tr');
      row.append(...cells);
      box.append(document.createElement('table'));
      box.firstChild.append(row);
      document.body.append(box);
      const counts = cells.map((cell) => { const range = document.createRange(); range.selectNodeContents(cell); return range.getClientRects().length; });
      box.remove();
      return counts;
    })()`;
    expect(await page.evaluate(lines)).toEqual([1, 1]);
    await page.setViewportSize({ width: 1400, height: 900 });
    await page.locator('summary', { hasText: EVIL }).click();
    expect(await page.getByText(EVIL).last().isVisible()).toBe(true);
    expect(await page.evaluate('window.hit')).toBeUndefined();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByText(eu.exportCsv ?? '').click()]);
    const file = path.join(freshFolder(), 'battles.csv');
    writeFileSync(file, readFileSync(await download.path()));
    const battles = await readBattles(file, 'global');
    expect(battles.pairs.reduce((n, p) => n + p.winsA + p.winsB + p.ties, 0)).toBe(2);
  });

  it('signs out, comes back with the passphrase, and deletes everything', async () => {
    await page.goto(server.address);
    await page.getByText(eu.account ?? '', { exact: true }).click();
    await button(eu.deleteAll ?? '').click();
    await button(eu.deleteYes ?? '').click();
    await page.getByRole('heading', { name: eu.welcome ?? '', exact: true }).waitFor();
    await page.getByText(eu.deleted ?? '').waitFor();
  });

  it('asks nobody else for anything, and has nothing to complain about', () => {
    expect(asked.filter((url) => !url.startsWith(server.address) && !url.startsWith('chrome'))).toEqual([]);
    // A refused password and a page that is not signed in are answered with 403 and 401, which Chromium notes.
    expect(said.filter((line) => !/the server responded with a status of 40[13]/.test(line))).toEqual([]);
  });

  it('says without JavaScript that it needs it', async () => {
    const html = await (await fetch(`${server.address}/?lang=en`)).text();
    expect(html).toContain(`<noscript><p class="notice">${wordsOf('en').noScript}`);
  });
});
