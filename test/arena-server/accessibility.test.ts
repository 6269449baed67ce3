/** Every page in the three languages under axe, and what the moderator does with a flagged participant, in Chromium. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wordsOf } from '../../src/arena-server/page/words.js';
import { type ArenaServer, serveArena } from '../../src/arena-server/serve.js';
import { PAGE_LANGUAGES } from '../../src/page/words.js';
import { CHROMIUM, openBrowser } from '../leaderboard/chromium.js';
import { Client, freshFolder, PASSWORD, type TestArena, testArena } from './arena-client.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe.skipIf(CHROMIUM === null)('the pages of the arena in Chromium', () => {
  let arena: TestArena;
  let server: ArenaServer;
  let browser: BrowserContext;
  let page: Page;
  const people: Record<'voter' | 'flagged' | 'banned' | 'old', Client> = Object.create(null);

  beforeAll(async () => {
    const database = path.join(freshFolder(), 'arena.db');
    arena = await testArena({ database, over: { ranking: 'public' } });
    server = await serveArena(async () => arena.arena, '127.0.0.1', 0);
    browser = await openBrowser();
    page = await browser.newPage();
    for (const name of ['voter', 'flagged', 'banned', 'old'] as const) {
      people[name] = new Client(arena);
      await people[name].register();
    }
    for (let i = 0; i < 6; i++) {
      const battle = await people.flagged.battle(`?${i}`);
      await people.flagged.vote(battle, { content: i % 2 === 0 ? 'a' : 'b', language: 'tie' });
      await people.flagged.post(`/api/battles/${battle}/report`, { message: `a report, ${i}` });
    }
    await people.voter.vote(await people.voter.battle(), { content: 'a', language: 'b', whole: 'a' });
    const ids = await arena.db.all('select id from participants order by created, id');
    expect(ids).toHaveLength(4);
    await as('banned');
    await arena.db.run("update participants set banned = 1, ban_reason = 'trial' where id = ?", await idOf('banned'));
    await arena.db.run("update participants set consent_version = 'before' where id = ?", await idOf('old'));
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** The participant of a client, found by a battle of it. */
  async function idOf(name: keyof typeof people): Promise<string> {
    const { json } = await people[name].prompt('who am I');
    const [row] = await arena.db.all('select participant from battles where id = ?', json.battle);
    await people[name].get(`/api/battles/${json.battle}/turns/1`);
    return String(row?.participant);
  }
  /** The browser goes on as somebody who registered elsewhere. */
  async function as(name: keyof typeof people | null): Promise<void> {
    await browser.clearCookies();
    const value = name === null ? undefined : people[name].cookies.get('arena');
    if (value !== undefined) await browser.addCookies([{ name: 'arena', value, url: server.address }]);
  }
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
  /** Opens a page in each language, waits for what `ready` says of it, and looks for problems. */
  async function inEveryLanguage(where: string, ready: (words: Readonly<Record<string, string>>) => Promise<unknown>): Promise<void> {
    for (const language of PAGE_LANGUAGES) {
      await page.goto(`${server.address}${where}?lang=${language}`);
      await ready(wordsOf(language));
      expect(await page.getAttribute('html', 'lang')).toBe(language);
      expect(await problems(), `${where} ${language}`).toEqual([]);
    }
  }
  const button = (name: string | undefined) => page.getByRole('button', { name: name ?? '', exact: true });

  it('registration and the passphrase', async () => {
    await inEveryLanguage('/', async (words) => {
      await as(null);
      await page.reload();
      await page.getByLabel(words.level ?? '').selectOption('C1-C2');
      expect(await problems()).toEqual([]);
      await page.getByLabel(words.education ?? '').selectOption('master');
      await page.getByLabel(words.consent ?? '').check();
      await button(words.registerButton).click();
      await page.locator('#passphrase').waitFor();
    });
  });

  it('a battle with its vote, the account, the ranking', async () => {
    await as('voter');
    await inEveryLanguage('/', async (words) => {
      await page.getByRole('group', { name: words.askWhole ?? '' }).waitFor();
      await page.getByRole('heading', { name: words.ranking ?? '', exact: true }).waitFor();
      for (const open of ['account', 'report'] as const) await page.getByText(words[open] ?? '', { exact: true }).click();
      await button(words.deleteAll).click();
      await button(words.deleteYes).waitFor();
    });
  });

  it('consent to new texts, and a ban', async () => {
    await as('old');
    await inEveryLanguage('/', (words) => button(words.accept).waitFor());
    await as('banned');
    await inEveryLanguage('/', (words) => page.getByText(words['error.banned'] ?? '').waitFor());
  });

  it('the moderator bans a flagged participant, whose votes do not count then, and takes it back', async () => {
    const words = wordsOf('eu');
    await as(null);
    await inEveryLanguage('/moderator', (w) => page.getByLabel(w.password ?? '').waitFor());
    await page.goto(`${server.address}/moderator?lang=eu`);
    await page.getByLabel(words.password ?? '').fill(PASSWORD);
    await button(words.signIn).click();
    const row = page.locator('#flags tbody tr').filter({ hasText: words['flag.empty-prompts'] ?? '' });
    const counted = (): Promise<string> =>
      page
        .evaluate(async () => {
          const reply = await fetch('api/moderator/battles.csv');
          return (await reply.text()).trim().split('\n').length - 1;
        })
        .then(String);
    const battles = (): Promise<string[]> => page.locator('section:has(#flags) ~ section tbody tr td:last-child').allTextContents();
    await row.waitFor();
    const before = await battles();
    expect(await counted()).toBe('7');
    await row.getByRole('button', { name: words.ban ?? '', exact: true }).click();
    await row.getByRole('button', { name: words.unban ?? '', exact: true }).waitFor();
    expect(await counted()).toBe('1');
    expect(await battles()).not.toEqual(before);
    // The flagged participant sees it.
    expect((await people.flagged.prompt('Kaixo')).json.error).toBe('banned');
    await row.getByRole('button', { name: words.unban ?? '', exact: true }).click();
    await row.getByRole('button', { name: words.ban ?? '', exact: true }).waitFor();
    expect(await counted()).toBe('7');
    expect(await battles()).toEqual(before);
    expect((await people.flagged.prompt('Kaixo')).status).toBe(201);
    await inEveryLanguage('/moderator', async (w) => {
      await page.getByRole('heading', { name: w.flags ?? '', exact: true }).waitFor();
      for (const report of await page.locator('summary', { hasText: 'a report' }).all()) await report.click();
    });
  });
});
