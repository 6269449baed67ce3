/**
 * The whole path of an arena in Chromium against two endpoints of the chat API: npx vite-node benchmarks/arena-walk.ts URL_A MODEL_A URL_B MODEL_B
 * Registers, asks, reads both streams, votes with and without a contradiction, goes on; then the moderator bans, takes it back and exports, and `arena fit` reads the export.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { wordsOf } from '../src/arena-server/page/words.js';
import { packagePath } from '../src/package-files.js';
import { freshFolder, PASSWORD } from '../test/arena-server/arena-client.js';
import { startServer } from '../test/arena-server/server-process.js';
import { openBrowser } from '../test/leaderboard/chromium.js';

const [urlA = '', modelA = '', urlB = '', modelB = ''] = process.argv.slice(2);
const folder = freshFolder();
const words = wordsOf('eu');
const word = (key: string): string => words[key] ?? key;
const server = await startServer(
  folder,
  {
    models: [
      { name: 'First real model', url: urlA, model: modelA },
      { name: 'Second real model', url: urlB, model: modelB },
    ],
    sampling: { max_tokens: 60 },
    timeouts: { first_text_seconds: 120, silence_seconds: 120 },
  },
  path.join(folder, 'arena.db'),
);
const browser = await openBrowser();
const page = await browser.newPage();
page.setDefaultTimeout(180_000);
const said: string[] = [];
page.on('console', (message) => said.push(message.text()));
page.on('pageerror', (error) => said.push(String(error)));
const tell = (line: string): void => void process.stdout.write(`${line}\n`);

await page.goto(`${server.url}/?lang=eu`);
await page.getByLabel(word('level')).selectOption('native');
await page.getByLabel(word('education')).selectOption('doctorate');
await page.getByLabel(word('consent')).check();
await page.getByLabel(word('shareTexts')).check();
await page.getByRole('button', { name: word('registerButton') }).click();
await page.getByRole('button', { name: word('passphraseKept') }).click();
tell('registered');
const prompts = ['What is the capital of the Basque Country?', 'Write one sentence about the sea.', 'Count from one to five.'];
for (const [i, prompt] of prompts.entries()) {
  await page.getByLabel(word('prompt')).fill(prompt);
  await page.keyboard.press('Control+Enter');
  await page.getByRole('heading', { name: word('vote') }).waitFor();
  const answers = await page.locator('article.answer').allTextContents();
  tell(`${prompt}\n  A: ${answers[0]?.slice(0, 100)}\n  B: ${answers[1]?.slice(0, 100)}`);
  await page.locator('main').focus();
  // A contradiction, a tie, and the right side.
  for (const key of [
    ['1', '6', '9'],
    ['3', '7'],
    ['2', '6'],
  ][i] ?? [])
    await page.keyboard.press(key);
  await page.getByText(word('voteStored')).waitFor();
  await page.keyboard.press('n');
  await page.locator('#revealed').waitFor();
  tell(`  ${await page.locator('#revealed').textContent()}`);
}
await page.screenshot({ path: path.join(folder, 'arena.png') });
await page.goto(`${server.url}/moderator`);
await page.getByLabel(word('password')).fill(PASSWORD);
await page.getByRole('button', { name: word('signIn') }).click();
await page.getByRole('heading', { name: word('participation') }).waitFor();
async function exported(): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByText(word('exportCsv')).click()]);
  const file = path.join(folder, `battles-${Date.now()}.csv`);
  await download.saveAs(file);
  return file;
}
const file = await exported();
const fit = spawnSync(process.execPath, [packagePath('bin/eus-eval.js'), 'arena', 'fit', file, '--rounds', '20'], { encoding: 'utf8' });
tell(`arena fit on the export: exit ${fit.status}\n${fit.stdout}${fit.stderr}`);
// Nobody is flagged after three votes, so the ban goes by the moderator's request itself.
const backup = spawnSync(
  process.execPath,
  [packagePath('bin/eus-eval.js'), 'arena', 'backup', path.join(folder, 'arena.db'), path.join(folder, 'copy.db')],
  {
    encoding: 'utf8',
  },
);
tell(`backup: exit ${backup.status} ${backup.stderr.trim()}`);
const { openDatabase } = await import('../src/arena-server/open-database.js');
const copy = await openDatabase(path.join(folder, 'copy.db'));
const [someone] = await copy.all('select id from participants');
await copy.close();
for (const banned of [true, false]) {
  const status = await page.evaluate(
    async ([participant, on]) => {
      const start = await (await fetch('api/moderator/start')).json();
      const reply = await fetch('api/moderator/ban', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-arena-csrf': start.csrf },
        body: JSON.stringify({ participant, banned: on, note: 'trial' }),
      });
      const rows = (await (await fetch('api/moderator/battles.csv')).text()).trim().split('\n').length - 1;
      return `${reply.status}, ${rows} battles count`;
    },
    [String(someone?.id), banned] as const,
  );
  tell(`${banned ? 'banned' : 'ban taken back'}: ${status}`);
}
writeFileSync(path.join(folder, 'said.txt'), said.join('\n'));
tell(`console: ${said.filter((line) => !/status of 40[13]/.test(line)).join('; ') || 'nothing'}`);
await browser.close();
await server.stop();
process.exit(0);
