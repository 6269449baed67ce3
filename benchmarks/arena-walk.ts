/**
 * The whole path of an arena in Chromium against two endpoints of the chat API: npx vite-node benchmarks/arena-walk.ts URL_A MODEL_A URL_B MODEL_B [TOKENS]
 * Registers, asks, reads both streams, votes with and without a contradiction, goes on, sends prompts without content until it is flagged; then the moderator exports, bans by the
 * button and takes it back, and `arena fit` reads the export.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { wordsOf } from '../src/arena-server/page/words.js';
import { packagePath } from '../src/package-files.js';
import { freshFolder, PASSWORD } from '../test/arena-server/arena-client.js';
import { startServer } from '../test/arena-server/server-process.js';
import { openBrowser } from '../test/leaderboard/chromium.js';

const [urlA = '', modelA = '', urlB = '', modelB = '', tokens = '400'] = process.argv.slice(2);
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
    sampling: { max_tokens: Number(tokens) },
    timeouts: { first_text_seconds: 120, lead_seconds: 120, silence_seconds: 120, answer_seconds: 600 },
    limits: { prompts_per_minute: 60 },
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
const prompts = [
  'Tell a long story about the sea.',
  'What is the capital of the Basque Country, and why?',
  'Write a poem of ten stanzas.',
  '?',
  '!',
  '1',
  '..',
];
for (const [i, prompt] of prompts.entries()) {
  await page.getByLabel(word('prompt')).fill(prompt);
  await page.keyboard.press('Control+Enter');
  await page.getByRole('heading', { name: word('vote') }).waitFor();
  const answers = await page.locator('article.answer').allTextContents();
  tell(
    `${prompt}\n${['A', 'B'].map((side, at) => `  ${side}, ${answers[at]?.length} characters: ${answers[at]?.slice(0, 80).replace(/\s+/g, ' ')}`).join('\n')}`,
  );
  await page.locator('main').focus();
  // A contradiction, a tie, and the right side.
  for (const key of [
    ['1', '6', '9'],
    ['3', '7'],
    ['2', '6'],
    ['1', '5'],
    ['2', '6'],
    ['1', '5'],
    ['2', '5', '0'],
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
const fit = spawnSync(process.execPath, [packagePath('bin/eus-eval.js'), 'arena', 'fit', file, '--rounds', '0'], { encoding: 'utf8' });
tell(`arena fit on the export: exit ${fit.status}\n${fit.stdout}${fit.stderr}`);
const backup = spawnSync(
  process.execPath,
  [packagePath('bin/eus-eval.js'), 'arena', 'backup', path.join(folder, 'arena.db'), path.join(folder, 'copy.db')],
  {
    encoding: 'utf8',
  },
);
tell(`backup: exit ${backup.status} ${backup.stderr.trim()}`);
const flagged = page.locator('#flags tbody tr');
tell(`flags: ${await flagged.locator('li').allTextContents()}`);
for (const [press, then] of [
  ['ban', 'unban'],
  ['unban', 'ban'],
] as const) {
  await flagged.getByRole('button', { name: word(press), exact: true }).click();
  await flagged.getByRole('button', { name: word(then), exact: true }).waitFor();
  const rows =
    readFileSync(await exported(), 'utf8')
      .trim()
      .split('\n').length - 1;
  tell(`button '${word(press)}': ${rows} battles in the export`);
}
writeFileSync(path.join(folder, 'said.txt'), said.join('\n'));
tell(`console: ${said.filter((line) => !/status of 40[13]/.test(line)).join('; ') || 'nothing'}`);
await browser.close();
await server.stop();
process.exit(0);
