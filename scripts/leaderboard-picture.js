/**
 * Makes docs/leaderboard.png and docs/leaderboard-phone.png from a folder of result files; what follows goes to `leaderboard` (--names, --base, --arena). Needs a Chromium
 * (CHROMIUM names one) and a build. The pictures in the repository show the results that the paper's authors recorded.
 *
 *     node scripts/leaderboard-picture.js RESULTS --names names.csv --base "Instruct EN"
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(path.join(tmpdir(), 'leaderboard-picture-'));

try {
  const args = [path.join(root, 'bin', 'eus-eval.js'), 'leaderboard', ...process.argv.slice(2), '--out', folder];
  const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) process.exit(status ?? 1);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  const address = pathToFileURL(path.join(folder, 'leaderboard.html')).href;
  const take = async (name, hash, viewport) => {
    const page = await browser.newPage({ viewport, deviceScaleFactor: 1 });
    await page.goto(`${address}#${hash}`);
    await page.waitForTimeout(400);
    await page.screenshot({ path: path.join(root, 'docs', name) });
    await page.close();
  };
  await take('leaderboard.png', 'lang=eu&tab=eu', { width: 1440, height: 860 });
  await take('leaderboard-phone.png', 'lang=eu&tab=eu', { width: 390, height: 844 });
  await browser.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
